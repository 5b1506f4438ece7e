package agentpool

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"roster"
	"roster/agentpool/warm/canary"
	"roster/fleet"
	"roster/internal/bubble"
)

// desk is a worker that takes a second to prepare, and on which lies what its agents leave.
type desk struct {
	of     *desks
	left   []roster.AgentID
	env    roster.Map
	leaves bool // it forgets to clear the desk
	closed int
}

// desks are those of a test.
type desks struct {
	sync.Mutex
	all   []*desk
	found []string // what agents found of those before
}

// entry is a warm entry with desks.
func (d *desks) entry(target, most int, leaves bool) Warm {
	return Warm{Name: "desk", Target: target, Max: most, Make: func(ctx context.Context) (Worker, error) {
		wait(ctx, time.Second)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		d.Lock()
		defer d.Unlock()
		one := &desk{of: d, leaves: leaves}
		d.all = append(d.all, one)
		return one, nil
	}}
}

func (d *desk) Run(ctx context.Context, self Self) error {
	d.of.Lock()
	d.of.found = append(d.of.found, canary.Find(d.left, "demo/")...)
	d.of.found = append(d.of.found, canary.Find(d.env, "demo")...)
	d.left, d.env = append(d.left, self.ID), self.Env
	d.of.Unlock()
	self.Ready()
	switch what, _ := self.Env.Get("DO"); what {
	case "panic":
		panic("what now")
	case "fail":
		return errBad
	}
	<-ctx.Done()
	return nil
}

func (d *desk) Reset(context.Context) error {
	if d.leaves {
		return nil
	}
	clear(d.left)
	d.left, d.env = d.left[:0], roster.Map{}
	return nil
}

func (d *desk) Close() { d.closed++ }

// sits runs a scenario with a warm entry; in the end each desk has been closed once.
func sits(t *testing.T, d *desks, w Warm, scenario func(s *Supervisor, driver *Inproc, h *heard)) {
	bubble.Test(t, func(t *testing.T) {
		h, driver := &heard{}, NewInproc(nil, w)
		s := New(Config{Drivers: []Driver{driver}, Report: h.hear})
		after(3 * time.Second) // they are prepared
		scenario(s, driver, h)
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
		for i, one := range d.all {
			if one.closed != 1 {
				t.Errorf("desk %d was closed %d times", i, one.closed)
			}
		}
		if len(driver.Pools()) != 0 {
			t.Error("the pool is open")
		}
	})
}

func atDesk(name string, epoch roster.Epoch, do string) Agent {
	return agent(name, epoch, func(s *fleet.Spec) {
		s.Entry, s.Restart.When = "desk", fleet.Never
		s.Env = roster.MapOf(map[string]string{"DO": do, "OF": "demo"})
	})
}

// TestWarm: a member begins at once on a worker that is ready; the worker is reset when the
// member has ended and serves the next, who finds nothing.
func TestWarm(t *testing.T) {
	d := &desks{}
	sits(t, d, d.entry(2, 4, false), func(s *Supervisor, driver *Inproc, h *heard) {
		for i := range 10 {
			name := fmt.Sprint("a", i)
			s.Want(atDesk(name, 1, ""))
			synctest.Wait() // no time has passed
			if got := h.texts(); got != "demo/"+name+"@1 running" {
				t.Error(got)
			}
			s.Stop(roster.AgentID("demo/"+name), 1)
			after(2 * time.Second)
			if got := h.texts(); got != "demo/"+name+"@1 stopped" {
				t.Error(got)
			}
		}
		if got := driver.Pools()["desk"]; got.Hits != 10 || got.Reused < 8 || got.Cold != 0 || got.Claimed != 0 {
			t.Errorf("%+v", got)
		}
	})
	if d.found != nil {
		t.Errorf("agents found %q of others", d.found)
	}
}

// TestWarmLeaves is the control of TestWarm: a worker whose Reset forgets to clear is found.
func TestWarmLeaves(t *testing.T) {
	d := &desks{}
	sits(t, d, d.entry(1, 1, true), func(s *Supervisor, _ *Inproc, _ *heard) {
		for epoch := range roster.Epoch(2) {
			s.Want(atDesk("a", epoch+1, ""))
			after(time.Second)
			s.Stop("demo/a", epoch+1)
			after(time.Second)
		}
	})
	if len(d.found) != 2 {
		t.Errorf("found %q", d.found)
	}
}

// TestWarmEnds: a worker that fails is reset like others, one that panics is not used again,
// and a member that finds none hears why.
func TestWarmEnds(t *testing.T) {
	d := &desks{}
	sits(t, d, d.entry(1, 2, false), func(s *Supervisor, driver *Inproc, h *heard) {
		s.Want(atDesk("fails", 1, "fail"))
		after(2 * time.Second)
		s.Want(atDesk("panics", 1, "panic"))
		after(2 * time.Second)
		if got := h.texts(); got != "demo/fails@1 running; demo/fails@1 failed; demo/panics@1 running; demo/panics@1 failed" {
			t.Error(got)
		}
		if got := driver.Pools()["desk"]; got.Resets != 1 || got.Closed != 1 {
			t.Errorf("%+v", got)
		}
		for i := range 3 {
			s.Want(atDesk(fmt.Sprint("a", i), 1, ""))
			after(2 * time.Second)
		}
		if got := h.texts(); got != "demo/a0@1 running; demo/a1@1 running; demo/a2@1 failed" {
			t.Error(got)
		}
		if got := driver.Pools()["desk"]; got.Refused != 1 || got.Claimed != 2 {
			t.Errorf("%+v", got)
		}
	})
}

// TestWarmAgain: a driver serves one Supervisor after another; between them there is nothing
// to run.
func TestWarmAgain(t *testing.T) {
	d := &desks{}
	bubble.Test(t, func(t *testing.T) {
		driver := NewInproc(Entries(), d.entry(1, 1, false))
		if got := fmt.Sprint(driver.Entries()); got != "[desk echo flaky idle tally]" {
			t.Error(got)
		}
		if err := driver.Check(&fleet.Spec{Entry: "chair"}); roster.CodeOf(err) != roster.CodeRefused {
			t.Error(err)
		}
		for range 2 {
			h := &heard{}
			s := New(Config{Drivers: []Driver{driver}, Report: h.hear})
			s.Want(atDesk("a", 1, ""))
			after(5 * time.Second)
			if got := h.texts(); got != "demo/a@1 running" {
				t.Error(got)
			}
			if err := s.Close(context.Background()); err != nil {
				t.Error(err)
			}
			err := driver.Run(t.Context(), atDesk("a", 1, ""), func() {})
			if e, ok := errors.AsType[*roster.Error](err); !ok || e.Code != roster.CodeUnavailable {
				t.Error(err)
			}
		}
	})
}

// thesaurus is a worker that is dear to make: some milliseconds of one core.
type thesaurus struct{ words map[string]int }

func newThesaurus() *thesaurus {
	t := &thesaurus{make(map[string]int)}
	for i := range 20_000 {
		t.words[fmt.Sprint("word ", i)] = i
	}
	return t
}

func (t *thesaurus) Run(ctx context.Context, self Self) error {
	self.Ready()
	<-ctx.Done()
	return nil
}

func (t *thesaurus) Reset(context.Context) error { return nil }

func (t *thesaurus) Close() {}

// BenchmarkWarmMember is how long a member takes from Want to running, with a worker that
// stands ready, and as a function that prepares itself; both in one run.
func BenchmarkWarmMember(b *testing.B) {
	running := make(chan struct{}, 1)
	driver := NewInproc(map[string]Func{"cold": func(ctx context.Context, self Self) error { return newThesaurus().Run(ctx, self) }},
		Warm{Name: "warm", Target: 2, Max: 8, Make: func(context.Context) (Worker, error) { return newThesaurus(), nil }})
	s := New(Config{Drivers: []Driver{driver}, Report: func(e Event) {
		if e.Status == roster.StatusRunning {
			running <- struct{}{}
		}
	}})
	took := map[string][]time.Duration{}
	for i := range b.N {
		for driver.Pools()["warm"].Ready == 0 {
			after(time.Millisecond)
		}
		for _, entry := range []string{"warm", "cold"} {
			began, epoch := time.Now(), roster.Epoch(i+1)
			s.Want(Agent{ID: roster.AgentID("demo/" + entry), Epoch: epoch, Spec: &fleet.Spec{Driver: fleet.Inproc, Entry: entry}})
			<-running
			took[entry] = append(took[entry], time.Since(began))
			s.Stop(roster.AgentID("demo/"+entry), epoch)
		}
	}
	for entry, all := range took {
		slices.Sort(all)
		b.ReportMetric(float64(all[len(all)/2].Nanoseconds())/1e3, "p50-"+entry+"-µs")
		b.ReportMetric(float64(all[(len(all)-1)*99/100].Nanoseconds())/1e3, "p99-"+entry+"-µs")
	}
	if got := driver.Pools()["warm"]; got.Cold+got.Waited > 0 {
		b.Fatalf("%+v", got)
	}
	if err := s.Close(context.Background()); err != nil {
		b.Fatal(err)
	}
}
