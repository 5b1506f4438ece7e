package processes

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"roster"
)

// TestStop ends a node as an init system does and comes back to what it knew.
func TestStop(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	n := s.member("solo")
	n.start()
	t.Logf("one node ready %v after its start", round(s.ready(n)))
	s.enter(s.client(n), "stop/one")
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		status, took := s.interrupt(n.process, signal)
		t.Logf("%v: stopped after %v", signal, round(took))
		if status != 0 {
			t.Errorf("exits with %d after %v", status, signal)
		}
		n.start()
		s.ready(n)
		if _, _, err := s.client(n).Lookup(s.soon(), "stop/one", roster.Read{}); err != nil {
			t.Errorf("after %v: %v", signal, err)
		}
	}
}

// TestDev runs the first command of the README and ends it with Ctrl-C.
func TestDev(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first := s.member("dev")
	first.process = s.launch("dev", nil, "dev", "--http", first.http)
	t.Logf("dev ready %v after its start", round(s.ready(first)))
	members, err := s.client(first).Members(s.soon())
	if err != nil || len(members) != 3 {
		t.Errorf("%d members (%v), want 3", len(members), err)
	}
	s.until(readyWithin, "dev tells what to try", func() error {
		if text := first.process.output(); !strings.Contains(text, "Stop with Ctrl-C") || !strings.Contains(text, "demo/coder-1") {
			return errors.New(text)
		}
		return nil
	})
	status, took := s.interrupt(first.process, syscall.SIGINT)
	t.Logf("Ctrl-C: stopped after %v", round(took))
	if status != 0 {
		t.Errorf("exits with %d", status)
	}
}
