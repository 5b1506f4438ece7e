package processes

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"roster"
)

// member is one node: what it is told, and its process while there is one.
type member struct {
	*site
	name, cluster, key, dir, bind, http string
	join                                []string
	expect                              string // "" leaves it to the program
	more                                []string
	user                                *syscall.Credential
	process                             *process
	starts                              int
}

// process is one run of the program.
type process struct {
	cmd   *exec.Cmd
	log   string        // path of what it wrote to both outputs
	ended chan struct{} // closed when it is reaped
}

// member returns a node of the site's cluster that is not started yet.
func (s *site) member(name string) *member {
	return &member{site: s, name: name, cluster: "lab", key: s.key, dir: filepath.Join(s.dir, name),
		bind: s.freeAddress(), http: s.freeAddress()}
}

// trio returns three nodes that found a cluster together, started and ready.
func (s *site) trio() []*member {
	s.Helper()
	var nodes []*member
	var binds []string
	for i := range 3 {
		nodes = append(nodes, s.member(fmt.Sprintf("node%d", i+1)))
		binds = append(binds, nodes[i].bind)
	}
	for _, n := range nodes {
		n.join, n.expect = binds, "3"
		n.start()
	}
	s.ready(nodes...)
	return nodes
}

// args are the arguments that the node is started with; "" leaves a flag out.
func (m *member) args() []string {
	args := []string{"node"}
	for _, flag := range [][2]string{{"cluster", m.cluster}, {"name", m.name}, {"key-file", m.key}, {"data-dir", m.dir},
		{"bind", m.bind}, {"http", m.http}, {"join", strings.Join(m.join, ",")}, {"expect", m.expect}} {
		if flag[1] != "" {
			args = append(args, "--"+flag[0], flag[1])
		}
	}
	return append(args, m.more...)
}

// start starts the node; the end of the test kills it at the latest.
func (m *member) start() {
	m.Helper()
	m.starts++
	m.process = m.launch(fmt.Sprintf("%s.%d", m.name, m.starts), m.user, m.args()...)
}

// launch starts the program beside the test.
func (s *site) launch(name string, user *syscall.Credential, args ...string) *process {
	s.Helper()
	p := &process{cmd: exec.CommandContext(s.ctx, s.binary, args...), log: filepath.Join(s.dir, name+".log"), ended: make(chan struct{})}
	if user != nil {
		p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: user}
	}
	log, err := os.Create(p.log)
	if err != nil {
		s.Fatal(err)
	}
	defer log.Close() // the process keeps its own
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		s.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // what it came to is in ProcessState
	}()
	s.Cleanup(func() { s.reap(p) })
	return p
}

// reap ends a process for good, and shows its log if the test failed.
func (s *site) reap(p *process) {
	_ = p.cmd.Process.Kill() // it may be gone already
	<-p.ended
	if text := p.output(); s.Failed() {
		s.Logf("%s:\n%s", filepath.Base(p.log), text[max(0, len(text)-4000):])
	}
}

// output is what the process wrote so far.
func (p *process) output() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// kill is kill -9.
func (m *member) kill() {
	m.Helper()
	if err := m.process.cmd.Process.Kill(); err != nil {
		m.Fatal(err)
	}
	<-m.process.ended
}

// ends waits for the process to end by itself and returns its exit status.
func (s *site) ends(p *process, within time.Duration) int {
	s.Helper()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	select {
	case <-p.ended:
	case <-deadline.C:
		s.Fatalf("%s still runs after %v", filepath.Base(p.log), within)
	}
	return p.cmd.ProcessState.ExitCode()
}

// interrupt sends a signal and returns how long the process then took to end.
func (s *site) interrupt(p *process, signal os.Signal) (status int, took time.Duration) {
	s.Helper()
	start := time.Now()
	if err := p.cmd.Process.Signal(signal); err != nil {
		s.Fatal(err)
	}
	return s.ends(p, stopWithin), time.Since(start)
}

// running reports whether the process has not ended.
func (p *process) running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// ready waits until the nodes serve.
func (s *site) ready(nodes ...*member) time.Duration {
	s.Helper()
	start := time.Now()
	for _, n := range nodes {
		c := s.client(n)
		s.until(readyWithin, n.name+" is ready", func() error {
			if !n.process.running() {
				return fmt.Errorf("it ended with %d", n.process.cmd.ProcessState.ExitCode())
			}
			checks, err := c.Ready(s.soon())
			for _, check := range checks {
				if !check.OK {
					err = errors.Join(err, fmt.Errorf("%s: %s", check.Name, check.Detail))
				}
			}
			return err
		})
	}
	return time.Since(start)
}

// nodeID is what the node's directory says it is.
func (m *member) nodeID() roster.NodeID {
	m.Helper()
	raw, err := os.ReadFile(filepath.Join(m.dir, "node.json"))
	if err != nil {
		m.Fatal(err)
	}
	var identity struct {
		NodeID roster.NodeID `json:"node_id"`
	}
	if err := json.Unmarshal(raw, &identity); err != nil {
		m.Fatal(err)
	}
	return identity.NodeID
}

// sees returns how node id stands as seen by m; false if m does not know it.
func (m *member) sees(id roster.NodeID) (roster.Member, bool) {
	m.Helper()
	members, err := m.client(m).Members(m.soon())
	if err != nil {
		m.Fatal(err)
	}
	for _, other := range members {
		if other.ID == id {
			return other, true
		}
	}
	return roster.Member{}, false
}
