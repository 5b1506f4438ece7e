package agentpool

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"roster"
	"roster/fleet"
	"roster/internal/bubble"
	"roster/placement"
)

// heard are the reports of a pool.
type heard struct {
	sync.Mutex
	events []Event
}

func (h *heard) hear(e Event) {
	h.Lock()
	defer h.Unlock()
	h.events = append(h.events, e)
}

// texts returns the reports of an agent since the last call.
func (h *heard) texts() string {
	h.Lock()
	defer h.Unlock()
	var out []string
	for _, e := range h.events {
		out = append(out, fmt.Sprintf("%s@%d %s", e.Agent, e.Epoch, e.Status))
	}
	h.events = nil
	return strings.Join(out, "; ")
}

// pool runs these functions in a bubble.
func pool(t *testing.T, entries map[string]Func, scenario func(s *Supervisor, h *heard)) {
	bubble.Test(t, func(t *testing.T) {
		h := &heard{}
		s := New(Config{Drivers: []Driver{NewInproc(entries)}, Report: h.hear, Room: placement.Resources{CPU: 1000, Memory: 1000}, AgentsMax: 4})
		scenario(s, h)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
	})
}

func agent(name string, epoch roster.Epoch, change ...func(*fleet.Spec)) Agent {
	spec := &fleet.Spec{Driver: fleet.Inproc, Entry: "wait"}
	for _, c := range change {
		c(spec)
	}
	return Agent{ID: roster.AgentID("demo/" + name), Epoch: epoch, Spec: spec}
}

func after(d time.Duration) { <-time.After(d) }

var errBad = errors.New("bad day")

func entries() map[string]Func {
	return map[string]Func{
		"wait": idle,
		"fail": func(context.Context, Self) error { return errBad },
		"end":  func(_ context.Context, self Self) error { self.Ready(); return nil },
		"panic": func(context.Context, Self) error {
			panic("what now")
		},
		"deaf": func(_ context.Context, self Self) error { // takes a minute to stop
			self.Ready()
			after(time.Minute)
			return nil
		},
	}
}

// TestStanding: an agent says how it is; one that is done ends well, whatever its run returns.
func TestStanding(t *testing.T) {
	said := make(chan roster.Health, 8)
	events := make(chan Event, 8)
	worker := func(ctx context.Context, self Self) error {
		for _, x := range []fleet.Standing{{Word: "bored"}, {Word: fleet.Ready, Busy: 101}} {
			if err := self.Say(x); roster.CodeOf(err) != roster.CodeInvalid {
				t.Errorf("%+v: %v", x, err)
			}
		}
		for _, x := range []fleet.Standing{{Word: fleet.Ready}, {Word: fleet.Ready, Busy: 50}, {Word: fleet.Overloaded, Busy: 100, Progress: "3 of 4"}} {
			if err := self.Say(x); err != nil {
				t.Error(err)
			}
		}
		<-ctx.Done()
		return errFlaky
	}
	s := New(Config{Drivers: []Driver{NewInproc(map[string]Func{"worker": worker})}, Report: func(e Event) { events <- e },
		Health: func(_ roster.Actor, h roster.Health) { said <- h }})
	defer s.Close(context.Background())
	s.Want(Agent{ID: "demo/a~0", Epoch: 3, Spec: &fleet.Spec{Driver: fleet.Inproc, Entry: "worker", Restart: fleet.Restart{When: fleet.OnFailure}}})
	if e := <-events; e.Status != roster.StatusRunning {
		t.Errorf("%+v", e)
	}
	if h := <-said; h != (roster.Health{State: roster.Warning, Reason: "overloaded: 3 of 4"}) {
		t.Errorf("heard %+v", h)
	}
	if r, ok := s.Running("demo/a~0"); !ok || r.Standing.Progress != "3 of 4" || r.Said.IsZero() || len(s.All()) != 1 {
		t.Errorf("%+v", r)
	}
	if err := s.Say(roster.Actor{Agent: "demo/a~0", Epoch: 2}, fleet.Standing{Word: fleet.Ready}); roster.CodeOf(err) != roster.CodeConflict {
		t.Errorf("an old epoch speaks: %v", err)
	}
	if err := s.Say(roster.Actor{Agent: "demo/a~0", Epoch: 3}, fleet.Standing{Word: fleet.Done}); err != nil {
		t.Error(err)
	}
	if e := <-events; e.Status != roster.StatusStopped || e.Reason != "it ended" {
		t.Errorf("%+v", e)
	}
}

func TestLife(t *testing.T) {
	pool(t, entries(), func(s *Supervisor, h *heard) {
		s.Want(agent("a", 5))
		s.Want(agent("a", 5)) // known already
		s.Want(agent("a", 4)) // old
		after(time.Second)
		if got := h.texts(); got != "demo/a@5 running" || !s.Knows("demo/a", 5) {
			t.Error(got)
		}
		s.Stop("demo/a", 4) // under another epoch it does not run
		s.Stop("demo/a", 5)
		after(time.Second)
		if got := h.texts(); got != "demo/a@4 stopped; demo/a@5 stopped" || s.Usage().Agents != 0 {
			t.Error(got)
		}
	})
}

// TestRestarts: what fails is begun again after growing pauses, three times within a minute,
// and is then given up; one that is calm for longer never is.
func TestRestarts(t *testing.T) {
	began := map[string][]time.Duration{}
	var lock sync.Mutex
	all := entries()
	counted := func(name string, lives time.Duration) Func {
		return func(ctx context.Context, _ Self) error {
			lock.Lock()
			began[name] = append(began[name], time.Duration(time.Now().UnixNano()))
			lock.Unlock()
			wait(ctx, lives)
			return errBad
		}
	}
	all["often"], all["rarely"] = counted("often", 0), counted("rarely", 25*time.Second)
	pool(t, all, func(s *Supervisor, h *heard) {
		s.Want(agent("often", 1, func(s *fleet.Spec) { s.Entry = "often" }))
		s.Want(agent("rarely", 1, func(s *fleet.Spec) { s.Entry = "rarely" }))
		after(10 * time.Minute)
		if got := h.texts(); got != "demo/often@1 failed" {
			t.Error(got)
		}
	})
	times := began["often"]
	if len(times) != 4 {
		t.Fatalf("begun %d times", len(times))
	}
	for i, want := range []time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond} {
		if got := times[i+1] - times[i]; got != want {
			t.Errorf("pause %d is %v, want %v", i, got, want)
		}
	}
	if n := len(began["rarely"]); n < 20 {
		t.Errorf("begun %d times in ten minutes", n)
	}
}

func TestEnds(t *testing.T) {
	for _, c := range []struct {
		entry string
		when  fleet.When
		want  string
	}{
		{"fail", fleet.Never, "demo/x@1 failed"},
		{"end", fleet.Never, "demo/x@1 running; demo/x@1 stopped"},
		{"end", fleet.OnFailure, "demo/x@1 running; demo/x@1 stopped"},
		{"end", fleet.Always, "demo/x@1 running; demo/x@1 running; demo/x@1 running; demo/x@1 running; demo/x@1 failed"},
		{"panic", fleet.OnFailure, "demo/x@1 failed"},
		{"none", fleet.Always, "demo/x@1 registered"},
	} {
		pool(t, entries(), func(s *Supervisor, h *heard) {
			s.Want(agent("x", 1, func(s *fleet.Spec) { s.Entry, s.Restart.When = c.entry, c.when }))
			after(time.Minute)
			if got := h.texts(); got != c.want {
				t.Errorf("%s, restarted %s: %s, want %s", c.entry, c.when, got, c.want)
			}
		})
	}
}

// TestRoom: what there is no room for is refused, until something has stopped.
func TestRoom(t *testing.T) {
	large := func(s *fleet.Spec) { s.Resources = placement.Resources{CPU: 600} }
	pool(t, entries(), func(s *Supervisor, h *heard) {
		s.Want(agent("a", 1, large))
		s.Want(agent("b", 1, large))
		for i := range 5 {
			s.Want(agent(fmt.Sprint("c", i), 1))
		}
		after(time.Second)
		if got := h.texts(); strings.Count(got, "running") != 4 || strings.Count(got, "registered") != 3 {
			t.Error(got)
		}
		s.Stop("demo/a", 1)
		after(time.Second)
		s.Want(agent("b", 2, large))
		after(time.Second)
		if got := h.texts(); got != "demo/a@1 stopped; demo/b@2 running" {
			t.Error(got)
		}
	})
}

// TestNewEpochWaits: of one agent never two run here, however long the older takes to stop.
func TestNewEpochWaits(t *testing.T) {
	pool(t, entries(), func(s *Supervisor, h *heard) {
		s.Want(agent("a", 1, func(s *fleet.Spec) { s.Entry = "deaf" }))
		after(time.Second)
		s.Want(agent("a", 2))
		after(50 * time.Second)
		if got := h.texts(); got != "demo/a@1 running" || s.Usage().Agents != 2 {
			t.Errorf("%s, %d seats", got, s.Usage().Agents)
		}
		after(20 * time.Second)
		if got := h.texts(); got != "demo/a@2 running" || s.Usage().Agents != 1 {
			t.Errorf("%s, %d seats", got, s.Usage().Agents)
		}
	})
}

// TestFence: everything stops, silently, and nothing begins until the fence is lifted. What
// was fenced is not known any more: it needs a new epoch.
func TestFence(t *testing.T) {
	pool(t, entries(), func(s *Supervisor, h *heard) {
		s.Want(agent("a", 1))
		after(time.Second)
		_ = h.texts()
		s.Fence(true)
		s.Want(agent("b", 1))
		after(time.Second)
		if got := h.texts(); got != "" || s.Usage().Agents != 0 || s.Knows("demo/a", 1) {
			t.Errorf("%s, %d run", got, s.Usage().Agents)
		}
		s.Fence(false)
		s.Want(agent("a", 2))
		after(time.Second)
		if got := h.texts(); got != "demo/a@2 running" {
			t.Error(got)
		}
	})
}

// TestNothingIsLeft: ten thousand agents come and go, and no goroutine stays.
func TestNothingIsLeft(t *testing.T) {
	const cycles, at = 10000, 100
	h := &heard{}
	s := New(Config{Drivers: []Driver{NewInproc(map[string]Func{"wait": idle, "fail": func(context.Context, Self) error { return errBad }})}, Report: h.hear})
	before := runtime.NumGoroutine()
	for i := 0; i < cycles; i += at {
		for n := range at {
			s.Want(agent(fmt.Sprint("a", n), roster.Epoch(i+1)))
		}
		for n := range at {
			s.Stop(roster.AgentID(fmt.Sprint("demo/a", n)), roster.Epoch(i+1))
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before+5 && time.Now().Before(deadline); {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > before+5 {
		t.Errorf("%d goroutines, %d before", n, before)
	}
}

// BenchmarkStart is what an agent costs to start and to stop.
func BenchmarkStart(b *testing.B) {
	running := make(chan struct{}, 1)
	s := New(Config{Drivers: []Driver{NewInproc(Entries())}, AgentsMax: 1 << 30, Report: func(e Event) {
		if e.Status == roster.StatusRunning {
			running <- struct{}{}
		}
	}})
	spec := &fleet.Spec{Driver: fleet.Inproc, Entry: "idle"}
	ids := make([]roster.AgentID, b.N)
	for i := range ids {
		ids[i] = roster.AgentID(fmt.Sprint("demo/a~", i))
	}
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	b.ResetTimer()
	for i := range b.N {
		s.Want(Agent{ID: ids[i], Epoch: 1, Spec: spec})
		<-running
	}
	b.StopTimer()
	runtime.GC()
	runtime.ReadMemStats(&now)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "starts/s")
	b.ReportMetric(float64(now.HeapInuse+now.StackInuse-before.HeapInuse-before.StackInuse)/float64(b.N), "B/agent")
	if err := s.Close(context.Background()); err != nil {
		b.Fatal(err)
	}
}
