package agentpool

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"roster"
	"roster/agentpool/memory"
	"roster/agentpool/meter"
	"roster/agentpool/warden"
	"roster/fleet"
	"roster/internal/bubble"
	"roster/placement"
)

// heap is the memory of a process that there is not: what its agents hold, and garbage. It
// is scaled: a KiB stands for a MiB.
type heap struct {
	sync.Mutex
	held    map[roster.AgentID]int64
	garbage int64
	more    map[roster.AgentID]int64 // what agents are to hold beside, once
}

func (h *heap) set(id roster.AgentID, bytes int64) {
	h.Lock()
	defer h.Unlock()
	h.garbage += max(0, h.held[id]-bytes)
	h.held[id] = bytes
}

func (h *heap) take(id roster.AgentID) int64 {
	h.Lock()
	defer h.Unlock()
	n := h.more[id]
	delete(h.more, id)
	return n
}

func (h *heap) Read() meter.Use {
	h.Lock()
	defer h.Unlock()
	u := meter.Use{Taken: 100<<10 + h.garbage, Efficiency: 900}
	for bytes := range maps.Values(h.held) {
		u.Taken += bytes
	}
	return u
}

func (h *heap) Collect() {
	h.Lock()
	defer h.Unlock()
	h.garbage = 0
}

// hoarder holds what its variable HOLD names at once, and GROW more each second; asked to
// hold less, it keeps half.
func (h *heap) hoarder(ctx context.Context, self Self) error {
	hold, grow := int64(0), int64(0)
	_, _ = fmt.Sscan(must(self.Env.Get("HOLD")), &hold)
	_, _ = fmt.Sscan(must(self.Env.Get("GROW")), &grow)
	defer func() { h.set(self.ID, 0) }()
	asked := self.Reclaim()
	for ctx.Err() == nil {
		h.set(self.ID, hold<<10)
		if err := self.Say(fleet.Standing{Word: fleet.Ready, Memory: memoryOf(hold)}); err != nil {
			return err
		}
		select {
		case <-asked:
			hold /= 2
		case <-time.After(time.Second):
			hold += grow + h.take(self.ID)
		case <-ctx.Done():
		}
	}
	return nil
}

func must(text string, _ bool) string { return text }

// hoards returns an agent that holds so many KiB, of a limit that it does not reach.
func hoards(name string, hold, grow int, change ...func(*fleet.Spec)) Agent {
	return agent(name, 1, append([]func(*fleet.Spec){func(s *fleet.Spec) {
		s.Entry, s.Limit.Memory = "hoarder", 10<<20
		s.Env = roster.Map{{Key: "GROW", Value: fmt.Sprint(grow)}, {Key: "HOLD", Value: fmt.Sprint(hold)}}
	}}, change...)...)
}

// hoarding runs a pool of hoarders in a bubble, on a node with so many KiB.
func hoarding(t *testing.T, total int64, scenario func(s *Supervisor, h *heap, events *heard)) {
	bubble.Test(t, func(t *testing.T) {
		h, events := &heap{held: map[roster.AgentID]int64{}, more: map[roster.AgentID]int64{"demo/large": 240}}, &heard{}
		all := entries()
		all["hoarder"] = h.hoarder
		s := New(Config{Drivers: []Driver{NewInproc(all)}, Report: events.hear, Memory: warden.Config{Total: total << 10, Gauge: h}})
		after(500 * time.Millisecond) // what agents do falls between two looks
		scenario(s, h, events)
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// said returns what was done, an action a line without its figures.
func said(actions []warden.Action) string {
	var out []string
	for _, a := range actions {
		out = append(out, strings.TrimSpace(fmt.Sprint(a.Do, " ", strings.TrimPrefix(string(a.Agent), "demo/"))))
	}
	return strings.Join(out, ", ")
}

// TestPressure is the drill: on a node with 4 (scaled) GiB agents grow over 3.5. What can be
// reclaimed is; then the oldest go that may run elsewhere, those of the lowest priority
// first, until 3 are left; none begins here meanwhile. Each action has its outcome.
func TestPressure(t *testing.T) {
	hoarding(t, 4096, func(s *Supervisor, h *heap, events *heard) {
		never := func(x *fleet.Spec) { x.Restart.When, x.Priority = fleet.Never, -9 }
		low := func(x *fleet.Spec) { x.Priority = -1 }
		soft := func(x *fleet.Spec) { x.Limit.Memory = 600 << 10 }
		s.Want(hoards("once", 300, 0, never))
		for _, a := range []Agent{hoards("old", 500, 0), hoards("young", 700, 0), hoards("low", 200, 0, low), hoards("younger-low", 150, 0, low), hoards("large", 500, 0, soft)} {
			after(time.Second)
			s.Want(a)
		}
		after(2 * time.Second) // large is asked, keeps 250, and grows to 490: too soon to be asked again
		if h.Read().Taken != (100+300+500+700+200+150+490+250)<<10 || said(s.Actions()) != "ask large" {
			t.Errorf("%d KiB, %s", h.Read().Taken>>10, said(s.Actions()))
		}
		began := time.Now()
		h.set("the node itself", 1400<<10) // 4090 KiB, and short from 3584 on
		after(3 * time.Second)
		s.Want(hoards("refused", 1, 0))
		after(time.Second)
		if got := events.texts(); !strings.HasSuffix(got, "demo/refused@1 registered") {
			t.Error(got)
		}
		for s.warden.Short() != "" && time.Since(began) < 10*time.Minute {
			after(time.Second)
		}
		t.Logf("it was short for %v", time.Since(began))
		if time.Since(began) > 2*time.Minute {
			t.Error("it lasted longer than two minutes")
		}
		after(5 * time.Second)
		const want = "ask large, collect, ask large, stop low, stop younger-low, stop old"
		if got := said(s.Actions()); got != want {
			t.Errorf("%s; want %s", got, want)
		}
		for _, a := range s.Actions() {
			t.Logf("%s %s used %d freed %d: %s; %s", a.Do, a.Agent, a.Used>>10, a.Freed>>10, a.Outcome, a.Reason)
			if a.Freed <= 0 || a.Done.IsZero() || a.Outcome == "" || a.Reason == "" {
				t.Errorf("%+v", a)
			}
		}
		left := strings.Split(events.texts(), "; ") // they ended side by side
		if slices.Sort(left); strings.Join(left, "; ") != "demo/low@1 registered; demo/old@1 registered; demo/younger-low@1 registered" {
			t.Error(left)
		}
		if s.Want(hoards("later", 1, 0)); !s.Knows("demo/later", 1) || !s.Knows("demo/once", 1) || h.Read().Taken > 3072<<10 {
			t.Errorf("%d KiB are taken", h.Read().Taken>>10)
		}
	})
}

// TestLastResort: those that are never run again are ended when no other is left, and have
// failed; a node that has nobody left says so, and takes agents again once it can.
func TestLastResort(t *testing.T) {
	hoarding(t, 1000, func(s *Supervisor, h *heap, events *heard) {
		s.Want(hoards("once", 300, 0, func(x *fleet.Spec) { x.Restart.When = fleet.Never }))
		s.Want(agent("silent", 1))
		after(time.Second)
		h.set("the node itself", 790<<10)
		after(time.Minute)
		if got := events.texts(); !strings.HasSuffix(got, "demo/once@1 failed") {
			t.Error(got)
		}
		if got := said(s.Actions()); got != "collect, stop once, spent, collect" || s.warden.Short() == "" {
			t.Error(got)
		}
		h.set("the node itself", 700<<10)
		h.Collect()
		after(2 * time.Second)
		if s.warden.Short() != "" || !s.Knows("demo/silent", 1) {
			t.Error("it is short still")
		}
	})
}

// TestLimits: an agent above its soft limit is asked, again after a while; one above its hard
// limit is ended and begins again, until that has been too often.
func TestLimits(t *testing.T) {
	hoarding(t, 0, func(s *Supervisor, _ *heap, events *heard) {
		limit := func(kib int64) func(*fleet.Spec) { return func(x *fleet.Spec) { x.Limit.Memory = memoryOf(kib) } }
		s.Want(hoards("fine", 80, 0, limit(100)))
		s.Want(hoards("soft", 81, 0, limit(100)))
		s.Want(hoards("grows", 70, 1, limit(100)))
		s.Want(hoards("leaks", 1000, 0, limit(100)))
		after(90 * time.Second)
		if got := events.texts(); strings.Count(got, "demo/leaks@1 running") != 4 || !strings.HasSuffix(got, "demo/leaks@1 failed") {
			t.Error(got)
		}
		asked, restarts := map[roster.AgentID]int{}, 0
		for _, a := range s.Actions() {
			switch {
			case a.Do == memory.Ask:
				asked[a.Agent]++
			case a.Do == memory.Restart && a.Agent == "demo/leaks" && a.Reason == "it took 1000 KiB, limit 100 KiB" && a.Outcome == "it has ended" && a.Freed == 1000<<10:
				restarts++
			default:
				t.Errorf("%+v", a)
			}
		}
		if restarts != 4 || asked["demo/fine"] != 0 || asked["demo/soft"] != 1 || asked["demo/grows"] < 2 {
			t.Errorf("%d restarts; asked: %v", restarts, asked)
		}
	})
}

// TestDeafToLimits: who never listens is not asked, who does not end keeps its seat, and is
// what it was: nothing can end a function by force.
func TestDeafToLimits(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		deaf := func(_ context.Context, self Self) error {
			_ = self.Say(fleet.Standing{Word: fleet.Ready, Memory: memoryOf(90)})
			after(10 * time.Second)
			_ = self.Say(fleet.Standing{Word: fleet.Ready, Memory: memoryOf(200)})
			after(time.Minute)
			return nil
		}
		events := &heard{}
		s := New(Config{Drivers: []Driver{NewInproc(map[string]Func{"deaf": deaf})}, Report: events.hear})
		s.Want(agent("d", 1, func(x *fleet.Spec) {
			x.Entry, x.Limit.Memory, x.Restart.When = "deaf", 100<<10, fleet.Never
		}))
		after(30 * time.Second)
		if got := said(s.Actions()); got != "restart d" || s.Usage().Agents != 1 {
			t.Errorf("%s, %d seats", got, s.Usage().Agents)
		}
		after(time.Minute)
		if events.Lock(); len(events.events) != 2 || events.events[1].Reason != "it took 200 KiB, limit 100 KiB" {
			t.Errorf("%+v", events.events)
		}
		events.Unlock()
		_ = s.Close(t.Context())
	})
}

// TestHistoryIsBounded: the last actions are kept, the newest last.
func TestHistoryIsBounded(t *testing.T) {
	hoarding(t, 0, func(s *Supervisor, _ *heap, _ *heard) {
		for i := range 70 {
			s.Want(hoards(fmt.Sprintf("a%02d", i), 90, 30, func(x *fleet.Spec) { x.Limit.Memory, x.Restart.When = 100<<10, fleet.Never }))
			after(3 * time.Second)
		}
		after(5 * time.Second)
		actions := s.Actions()
		of := func(id roster.AgentID) bool {
			return slices.ContainsFunc(actions, func(a warden.Action) bool { return a.Agent == id })
		}
		if len(actions) != warden.ActionsMax || of("demo/a00") || !of("demo/a69") {
			t.Errorf("%d actions, of the first agent: %v, of the last: %v", len(actions), of("demo/a00"), of("demo/a69"))
		}
		if !slices.IsSortedFunc(actions, func(a, b warden.Action) int { return a.At.Compare(b.At) }) {
			t.Error("out of order")
		}
	})
}

// TestNothingToLookAt: agents that say nothing of their memory have no warden.
func TestNothingToLookAt(t *testing.T) {
	pool(t, entries(), func(s *Supervisor, _ *heard) {
		s.Want(agent("a", 1))
		after(time.Minute)
		if s.mu.guarded || len(s.mu.watched) != 0 {
			t.Errorf("%d agents are watched", len(s.mu.watched))
		}
	})
}

// BenchmarkLook is one look of a node with a hundred thousand agents: idle ones that say
// nothing, and then all of them with a figure.
func BenchmarkLook(b *testing.B) {
	const agents = 100_000
	for _, name := range []string{"idle", "saying"} {
		b.Run(name, func(b *testing.B) {
			var running sync.WaitGroup
			running.Add(agents)
			entry := func(ctx context.Context, self Self) error {
				if self.Ready(); name == "saying" {
					_ = self.Say(fleet.Standing{Word: fleet.Ready, Memory: memoryOf(64)})
				}
				running.Done()
				<-ctx.Done()
				return nil
			}
			never := time.Hour // the benchmark looks itself
			s := New(Config{Drivers: []Driver{NewInproc(map[string]Func{"e": entry})}, Report: func(Event) {}, Memory: warden.Config{Every: never}})
			spec := &fleet.Spec{Driver: fleet.Inproc, Entry: "e"}
			for i := range agents {
				s.Want(Agent{ID: roster.AgentID(fmt.Sprint("demo/a~", i)), Epoch: 1, Spec: spec})
			}
			running.Wait()
			w := warden.New(warden.Config{Total: 1 << 40}, guarded{s})
			for b.Loop() {
				w.Look(time.Now())
			}
			_ = s.Close(context.Background())
		})
	}
}

func memoryOf(kib int64) placement.Size { return placement.Size(kib << 10) }
