//go:build unix

package agentpool

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"roster"
	"roster/agentpool/memory"
	"roster/agentpool/meter"
	"roster/agentpool/warden"
	"roster/fleet"
	"roster/placement"
)

// measured runs programs whose memory is looked at often; it skips where it cannot be told.
func measured(t *testing.T) (s *Supervisor, events chan Event, dir string) {
	t.Helper()
	if _, err := (meter.Meter{}).Groups(nil); err != nil {
		t.Skip("needs a kernel that tells what processes hold: ", err)
	}
	dir, events = t.TempDir(), make(chan Event, 64)
	s = New(Config{Drivers: []Driver{&Exec{Log: Outputs{Dir: dir}.Open}}, Report: func(e Event) { events <- e }, Memory: warden.Config{Every: 20 * time.Millisecond}})
	return s, events, dir
}

// action waits for the outcome of an action of a kind.
func action(t *testing.T, s *Supervisor, do memory.Kind) warden.Action {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		for _, a := range s.Actions() {
			if a.Do == do && !a.Done.IsZero() {
				return a
			}
		}
	}
	t.Fatalf("no outcome of %s: %+v", do, s.Actions())
	return warden.Action{}
}

// grows doubles a string until it has so many letters, and keeps it.
const grows = `x=abcdefgh; while [ ${#x} -lt $MOST ]; do x=$x$x; sleep 0.02; done; echo grown; while :; do sleep 0.1; done`

func growing(name, text, most string, change func(*fleet.Spec)) Agent {
	a := script(name, text, time.Second)
	a.Spec.Env = roster.Map{{Key: "MOST", Value: most}}
	change(a.Spec)
	return a
}

// TestProgramAboveItsLimit: a program that grows over its limit is ended, and begins again,
// until that has been too often. One without a limit grows as it likes.
func TestProgramAboveItsLimit(t *testing.T) {
	s, events, dir := measured(t)
	defer s.Close(t.Context())
	free := growing("free", grows, "67108864", func(*fleet.Spec) {})
	s.Want(free)
	if e := next(t, events); e.Status != roster.StatusRunning {
		t.Fatalf("%+v", e)
	}
	s.Want(growing("held", grows, "67108864", func(x *fleet.Spec) {
		x.Limit.Memory, x.Restart = 20<<20, fleet.Restart{When: fleet.OnFailure, Most: 1}
	}))
	for _, want := range []roster.Status{roster.StatusRunning, roster.StatusRunning, roster.StatusFailed} {
		e := next(t, events)
		if e.Agent != "demo/held" || e.Status != want {
			t.Fatalf("%+v, want %s", e, want)
		}
		if want == roster.StatusFailed && !(strings.Contains(e.Reason, "it took ") && strings.HasSuffix(e.Reason, ", limit 20 MiB")) {
			t.Error(e.Reason)
		}
		t.Log(e.Reason)
	}
	a := action(t, s, memory.Restart)
	if a.Agent != "demo/held" || a.Used <= 20<<20 || a.Freed != a.Used || a.Outcome != "it has ended" {
		t.Errorf("%+v", a)
	}
	for deadline := time.Now().Add(30 * time.Second); ; {
		if out, _ := os.ReadFile(filepath.Join(dir, "demo_free.log")); string(out) == "grown\n" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the one without a limit has not grown")
		}
	}
	if !s.Knows("demo/free", 7) {
		t.Error("the one without a limit was ended")
	}
}

// TestProgramThatWillNotEnd: one that ignores that it is to end is killed long before its
// grace is over.
func TestProgramThatWillNotEnd(t *testing.T) {
	s, events, _ := measured(t)
	defer s.Close(t.Context())
	began := time.Now()
	s.Want(growing("stubborn", `trap '' TERM; `+grows, "67108864", func(x *fleet.Spec) {
		x.Limit.Memory, x.StopGrace = 20<<20, roster.Duration(time.Hour)
	}))
	_ = next(t, events)
	if e := next(t, events); e.Status != roster.StatusFailed || !strings.Contains(e.Reason, "limit 20 MiB") {
		t.Errorf("after %v: %+v", time.Since(began), e)
	}
}

// TestBeProgram is no test, but the program of TestProgramIsAsked: it holds 256 MiB until it
// is asked to hold less. They are mapped, so that the race detector keeps no book of them, and
// it can be asked before it holds them all: then it hears that afterwards.
func TestBeProgram(t *testing.T) {
	if os.Getenv("BE") != "a program" {
		t.Skip("is run by another test")
	}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	held, err := syscall.Mmap(-1, 0, 256<<20, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(held); i += 4096 {
		held[i] = 1
	}
	<-asked
	fmt.Println("asked with", len(held))
	if err := syscall.Munmap(held); err != nil {
		t.Fatal(err)
	}
	select {}
}

// TestProgramIsAsked: a program that speaks to its node and has a handler hears that it is
// to hold less. One without a handler would be ended by that, and is not asked.
func TestProgramIsAsked(t *testing.T) {
	s, events, dir := measured(t)
	defer s.Close(t.Context())
	announces := func(most placement.Size) func(*fleet.Spec) {
		return func(x *fleet.Spec) { x.Limit.Memory, x.Announces = most, true }
	}
	deaf := growing("deaf", grows, "16777216", announces(160<<20))
	deaf.Spec.Limit.Soft = 5 // a shell that grows takes twice what it holds, for a moment
	s.Want(deaf)
	polite := growing("polite", "", "0", announces(1600<<20))
	polite.Spec.Env = roster.Map{{Key: "BE", Value: "a program"}}
	polite.Spec.Limit.Soft = 10 // 160 MiB: above what a program takes by itself under the race detector
	polite.Spec.Command = []string{os.Args[0], "-test.run=^TestBeProgram$"}
	s.Want(polite)
	a := action(t, s, memory.Ask)
	t.Logf("used %d freed %d: %s; %s", a.Used, a.Freed, a.Outcome, a.Reason)
	if a.Agent != "demo/polite" || a.Used < 160<<20 || a.Freed < 30<<20 || a.Outcome != "it takes less" {
		t.Errorf("%+v", a)
	}
	out, err := os.ReadFile(filepath.Join(dir, "demo_polite.log"))
	if err != nil || !strings.Contains(string(out), "asked with 268435456\n") {
		t.Errorf("%q, %v", out, err)
	}
	if !s.Knows("demo/deaf", 7) || len(events) != 0 || len(s.Actions()) != 1 {
		t.Errorf("%d reports, %+v", len(events), s.Actions())
	}
}
