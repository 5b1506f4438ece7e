package containers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"roster/loadgen/report"
)

const (
	faultRunsEnv = "ROSTER_FAULT_RUNS" // how often each fault happens
	faultFor     = 4 * time.Second     // longer than the lease of a node
	calmFor      = 2 * time.Second     // all nodes are there, between two faults
	faultMax     = 45 * time.Second    // one fault with what follows
	loadMax      = 3 * time.Hour       // no drill is longer
)

// These need root and iptables on this machine.
const deaf, mute = "deaf", "mute"

// containerFault is what happens to one container, and how it ends.
type containerFault struct {
	name       string
	begin, end func(s *stack, node int)
}

var containerFaults = []containerFault{
	{"kill", (*stack).killed, (*stack).started},
	{"pause", func(s *stack, n int) { s.run("docker", "pause", s.container(n)) }, func(s *stack, n int) { s.run("docker", "unpause", s.container(n)) }},
	{"cut off", (*stack).cutOff, (*stack).joined},
	{deaf, func(s *stack, n int) { s.filter(n, "-A", "INPUT") }, func(s *stack, n int) { s.filter(n, "-D", "INPUT") }},
	{mute, func(s *stack, n int) { s.filter(n, "-A", "OUTPUT") }, func(s *stack, n int) { s.filter(n, "-D", "OUTPUT") }},
	{"restart", func(s *stack, n int) { s.run("docker", "restart", "-t", "15", s.container(n)) }, func(*stack, int) {}},
}

// TestComposeFaults lets each fault happen to the nodes of three containers, one after the
// other, under "roster load run chaos": no promise that the load checks may break, and the
// node must be back by itself.
func TestComposeFaults(t *testing.T) {
	runs := faultRuns(t)
	s := openStack(t.Context(), t) // a build takes what it takes
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute+time.Duration(runs*len(containerFaults))*faultMax)
	defer cancel()
	s.ctx = ctx
	s.clean()
	t.Cleanup(s.clean)
	t.Cleanup(s.logs)
	s.files = s.files[:2]
	s.do("up", "-d", "--no-build")
	s.healthy(backWithin, 1, 2, 3)
	file := filepath.Join(t.TempDir(), "chaos.json")
	load := s.underLoad(file)
	for run := range runs {
		for i, fault := range containerFaults {
			if _, err := exec.LookPath("iptables"); (fault.name == deaf || fault.name == mute) && (err != nil || os.Getuid() != 0) {
				t.Logf("%s is left out: needs root and iptables", fault.name)
				continue
			}
			s.suffer(fault, 1+(run+i)%3)
		}
	}
	if err := load(); err != nil {
		t.Log(err) // interrupted, or a broken promise: the report says which
	}
	s.judge(file)
}

func faultRuns(t *testing.T) int {
	text := os.Getenv(faultRunsEnv)
	if text == "" {
		return 1
	}
	runs, err := strconv.Atoi(text)
	if err != nil || runs < 1 {
		t.Fatalf("%s=%s: want a number from 1", faultRunsEnv, text)
	}
	return runs
}

// suffer lets a fault happen to a node, ends it, and waits until all nodes are there.
func (s *stack) suffer(fault containerFault, node int) {
	s.t.Helper()
	fault.begin(s, node)
	<-time.After(faultFor) // a span of the fault, not a wait for something
	fault.end(s, node)
	took := s.until(backWithin, fmt.Sprintf("all nodes are ready after %s of node%d", fault.name, node), func() error {
		var faults []error
		for n := 1; n <= 3; n++ {
			faults = append(faults, s.get(n, "/readyz", nil))
		}
		return errors.Join(faults...)
	})
	s.t.Logf("%s of node%d: all ready %v after it ended", fault.name, node, took.Round(time.Millisecond))
	<-time.After(calmFor)
}

// underLoad starts the load and returns what ends it.
func (s *stack) underLoad(file string) (end func() error) {
	s.t.Helper()
	load := exec.CommandContext(s.ctx, s.binary, "load", "run", "chaos", "--addr", strings.Join(s.addr[1:4], ","),
		"--duration", loadMax.String(), "-o", "json", "--out", file)
	var said strings.Builder
	load.Stdout, load.Stderr = &said, &said
	if err := load.Start(); err != nil {
		s.t.Fatal(err)
	}
	<-time.After(calmFor)
	return func() error {
		_ = load.Process.Signal(os.Interrupt) // one that has ended has said why
		if err := load.Wait(); err != nil {
			return fmt.Errorf("%w: %s", err, said.String())
		}
		return nil
	}
}

// judge reads what the load saw.
func (s *stack) judge(file string) {
	s.t.Helper()
	in, err := os.Open(file)
	if err != nil {
		s.t.Fatal(err)
	}
	defer in.Close()
	r, err := report.Read(in)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range r.Runs[0].Checks {
		s.t.Logf("%s: checked %d, violations %d %s", c.Name, c.Checked, c.Violations, c.Note)
		if c.Violations > 0 || c.Checked == 0 {
			s.t.Errorf("%s: %d violations of %d: %v", c.Name, c.Violations, c.Checked, c.Samples)
		}
	}
	load := r.Runs[0].Load
	s.t.Logf("operations %d, failed %d; %+v", load.Count(), load.Failed(), r.Runs[0].Extra)
}

func (s *stack) killed(node int)  { s.run("docker", "kill", "-s", "KILL", s.container(node)) }
func (s *stack) started(node int) { s.do("start", fmt.Sprintf("node%d", node)) }

// network is the one of the project.
const network = project + "_default"

func (s *stack) cutOff(node int) {
	s.run("docker", "network", "disconnect", network, s.container(node))
}

func (s *stack) joined(node int) {
	s.run("docker", "network", "connect", "--alias", fmt.Sprintf("node%d", node), network, s.container(node))
}

// filter makes a container lose, or lose no more, all that comes from or goes to the other
// nodes.
func (s *stack) filter(node int, verb, chain string) {
	s.t.Helper()
	direction := map[string]string{"INPUT": "-s", "OUTPUT": "-d"}[chain]
	for n := 1; n <= 3; n++ {
		if n != node {
			s.run("nsenter", "-t", s.inspect(node, "{{.State.Pid}}"), "-n", "iptables", "-w", verb, chain, direction, s.inspect(n, "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"), "-j", "DROP")
		}
	}
}

func (s *stack) inspect(node int, format string) string {
	s.t.Helper()
	return strings.TrimSpace(s.run("docker", "inspect", "-f", format, s.container(node)))
}
