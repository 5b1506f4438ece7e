//go:build unix

package agentpool

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"roster"
	"roster/fleet"
)

// programs runs /bin/sh scripts.
func programs(t *testing.T) (s *Supervisor, events chan Event, dir string) {
	t.Helper()
	dir = t.TempDir()
	events = make(chan Event, 64)
	s = New(Config{Drivers: []Driver{&Exec{Log: Outputs{Dir: dir}.Open, Env: []string{"ROSTER_ADDR=here"}}}, Report: func(e Event) { events <- e }})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return s, events, dir
}

func script(name, text string, grace time.Duration) Agent {
	return Agent{ID: roster.AgentID("demo/" + name), Epoch: 7, Spec: &fleet.Spec{Driver: fleet.Exec, Command: []string{"/bin/sh", "-c", text}, StopGrace: roster.Duration(grace),
		Env: roster.Map{{Key: "A", Value: "b c"}}, Restart: fleet.Restart{When: fleet.Never}}}
}

func next(t *testing.T, events <-chan Event) Event {
	t.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(30 * time.Second):
		t.Fatal("nothing was reported")
		return Event{}
	}
}

func TestPrograms(t *testing.T) {
	s, events, dir := programs(t)
	s.Want(script("ends", `echo "$ROSTER_AGENT $ROSTER_EPOCH $ROSTER_ADDR $A $GOPATH"; exit 3`, time.Second))
	if e := next(t, events); e.Status != roster.StatusRunning {
		t.Errorf("%+v", e)
	}
	if e := next(t, events); e.Status != roster.StatusFailed || e.Reason != "exit status 3" {
		t.Errorf("%+v", e)
	}
	out, err := os.ReadFile(filepath.Join(dir, "demo_ends.log"))
	if err != nil || strings.TrimSpace(string(out)) != "demo/ends 7 here b c" {
		t.Errorf("%q, %v", out, err)
	}
	s.Want(Agent{ID: "demo/none", Epoch: 1, Spec: &fleet.Spec{Driver: fleet.Exec, Command: []string{"/no/such/program"}}})
	if e := next(t, events); e.Status != roster.StatusRegistered || !strings.Contains(e.Reason, "no such file") {
		t.Errorf("%+v", e)
	}
}

// TestStubbornPrograms: one that ignores that it is to stop, and what it has started, is
// killed when its grace is over.
func TestStubbornPrograms(t *testing.T) {
	s, events, dir := programs(t)
	s.Want(script("stubborn", `trap "" TERM; sleep 300 & echo $!; while :; do sleep 1; done`, 300*time.Millisecond))
	_ = next(t, events)
	var child int
	for deadline := time.Now().Add(10 * time.Second); child == 0 && time.Now().Before(deadline); {
		out, _ := os.ReadFile(filepath.Join(dir, "demo_stubborn.log"))
		child, _ = strconv.Atoi(strings.TrimSpace(string(out)))
	}
	s.Stop("demo/stubborn", 7)
	if e := next(t, events); e.Status != roster.StatusStopped {
		t.Errorf("%+v", e)
	}
	for deadline := time.Now().Add(10 * time.Second); alive(child); {
		if time.Now().After(deadline) {
			t.Fatalf("process %d is left over", child)
		}
	}
}

func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat") // dead, but not waited for by its new parent
	return err != nil || !strings.Contains(string(stat), ") Z ")
}

func TestOutputsTurn(t *testing.T) {
	dir := t.TempDir()
	f, err := Outputs{Dir: dir}.Open(Agent{ID: "demo/a"})
	if err != nil {
		t.Fatal(err)
	}
	line := []byte(strings.Repeat("x", 1<<10))
	for range 3 << 10 {
		if n, err := f.Write(line); n != len(line) || err != nil {
			t.Fatal(n, err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"demo_a.log", "demo_a.log.old"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() > OutputBytesMax {
			t.Errorf("%+v, %v", info, err)
		}
	}
}

// TestTail: the end of what was printed, whole lines, over the turn of the file.
func TestTail(t *testing.T) {
	o := Outputs{Dir: t.TempDir()}
	if _, err := o.Tail("demo/x~1", 10); roster.CodeOf(err) != roster.CodeNotFound {
		t.Errorf("nothing was printed: %v", err)
	}
	f, err := o.Open(Agent{ID: "demo/x~1"})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	line := strings.Repeat("x", 99) + "\n"
	for range OutputBytesMax/len(line) + 10 {
		_, _ = f.Write([]byte(line))
	}
	for most, want := range map[int]int{250: 2, 20 * len(line): 20, 4 * OutputBytesMax: OutputBytesMax/len(line) + 10} {
		got, err := o.Tail("demo/x~1", most)
		if err != nil || len(got)%len(line) != 0 || len(got)/len(line) < want-1 || len(got)/len(line) > want {
			t.Errorf("at most %d bytes: %d lines and %d bytes, %v", most, len(got)/len(line), len(got)%len(line), err)
		}
	}
}
