package containers

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"roster"
)

const (
	readyWithin = 15 * time.Second
	devWithin   = 3 * time.Second // from start to the table of members, as promised
	stopWithin  = 2 * time.Second // from Ctrl-C to the end of dev
)

// processes are three nodes as processes of this machine.
type processes struct {
	nodes
	dir  string
	key  string
	bind [nodesMax + 1]string
	cmd  [nodesMax + 1]*exec.Cmd
}

// TestProcesses tells the story of TestCompose with plain processes.
func TestProcesses(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	s := &processes{nodes: open(ctx, t, "ROSTER_PROCESSES"), dir: t.TempDir()}
	s.key = filepath.Join(s.dir, "key")
	s.writeKey()
	for n := 1; n <= 3; n++ {
		s.bind[n] = freeAddress(t)
	}
	start := time.Now()
	for n := 1; n <= 3; n++ {
		s.start(n)
	}
	s.ready(1, 2, 3)
	t.Logf("three nodes ready after %v", time.Since(start).Round(time.Millisecond))
	want := s.load()
	late := s.survive(want, s.kill, func(n int) {
		s.start(n)
		s.ready(n)
	})
	want = append(want, late...)

	for n := 1; n <= 3; n++ {
		s.kill(n)
	}
	start = time.Now()
	for n := 1; n <= 3; n++ {
		s.start(n)
	}
	s.ready(1, 2, 3)
	t.Logf("all three back from kill -9 after %v", time.Since(start).Round(time.Millisecond))
	for n := 1; n <= 3; n++ {
		s.holds(n, want)
	}
}

func (s *processes) writeKey() {
	out := s.run(s.binary, "keygen")
	if err := os.WriteFile(s.key, []byte(out), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// start starts node n on its directory; the test's end kills it at the latest.
func (s *processes) start(n int) {
	s.t.Helper()
	name := fmt.Sprintf("node%d", n)
	cmd := exec.CommandContext(s.ctx, s.binary, "node", "--cluster", "ci", "--name", name, "--key-file", s.key,
		"--data-dir", filepath.Join(s.dir, name), "--bind", s.bind[n], "--http", s.addr[n],
		"--join", strings.Join(s.bind[1:4], ","), "--expect", "3")
	log, err := os.OpenFile(filepath.Join(s.dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close() // the process keeps its own
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.cmd[n] = cmd
	s.t.Cleanup(func() { s.end(n, cmd) })
}

// end reaps a process, and shows its log if the story went wrong.
func (s *processes) end(n int, cmd *exec.Cmd) {
	if cmd.ProcessState == nil {
		_ = cmd.Process.Kill() // it may be gone already
		_ = cmd.Wait()         // the kill is its status
	}
	if s.t.Failed() && s.cmd[n] == cmd {
		log, err := os.ReadFile(filepath.Join(s.dir, fmt.Sprintf("node%d.log", n)))
		s.t.Logf("node%d (%v):\n%s", n, err, log[max(0, len(log)-8000):])
	}
}

// kill is kill -9.
func (s *processes) kill(n int) {
	s.t.Helper()
	if err := s.cmd[n].Process.Kill(); err != nil {
		s.t.Fatal(err)
	}
	_ = s.cmd[n].Wait() // the kill is its status
}

func (s *processes) ready(numbers ...int) {
	s.t.Helper()
	for _, n := range numbers {
		s.until(readyWithin, fmt.Sprintf("node%d is ready", n), func() error { return s.get(n, "/readyz", nil) })
	}
}

// TestDev types the first command of the README: it must show the demo agents soon,
// and end soon after Ctrl-C with status 0.
func TestDev(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s := open(ctx, t, "ROSTER_PROCESSES")
	cmd := exec.CommandContext(ctx, s.binary, "dev", "--http", s.addr[1])
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(io.TeeReader(stdout, t.Output()))
	took := s.until(10*time.Second, "dev is ready", func() error { return s.get(1, "/readyz", nil) })
	t.Logf("ready %v after start", took.Round(time.Millisecond))
	if took > devWithin {
		t.Errorf("ready after %v; promised %v", took, devWithin)
	}
	if _, err := lines.ReadString('\n'); err != nil {
		t.Errorf("dev printed nothing: %v", err)
	}
	for _, id := range []roster.AgentID{"demo/translator-1", "demo/reviewer-3"} {
		if err := s.has(1, id); err != nil {
			t.Error(err)
		}
	}
	start := time.Now()
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, lines); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("dev ended with %v", err)
	}
	if took := time.Since(start); took > stopWithin {
		t.Errorf("dev took %v to stop; promised %v", took, stopWithin)
	}
}
