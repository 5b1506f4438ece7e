package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"roster"
	"roster/fleet"
	"roster/internal/bubble"
	"roster/internal/simnet"
)

// bench is a host that probes another on which agents listen, in virtual time.
type bench struct {
	*testing.T
	agents, node *simnet.Host
	dead         atomic.Bool // endpoints answer 503
	hung         atomic.Bool // or not at all
	asked        atomic.Int64
	under, most  atomic.Int64 // requests under way
	took         time.Duration
}

// onBench runs a scenario beside endpoints that answer.
func onBench(t *testing.T, scenario func(b *bench)) {
	bubble.Test(t, func(t *testing.T) {
		net := simnet.New(1)
		b := &bench{T: t, agents: net.Host(1), node: net.Host(2)}
		listener, packets, err := b.agents.Listen(t.Context(), ":80")
		if err != nil {
			t.Fatal(err)
		}
		packets.Close()
		over := make(chan struct{})
		s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			b.asked.Add(1)
			b.most.Store(max(b.most.Load(), b.under.Add(1)))
			defer b.under.Add(-1)
			select {
			case <-time.After(b.took):
			case <-over:
			}
			if b.hung.Load() {
				<-over
			}
			if b.dead.Load() {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})}
		served := make(chan error, 1)
		go func() { served <- s.Serve(listener) }()
		scenario(b)
		close(over)
		s.Close()
		<-served
		<-time.After(time.Second) // what was on its way arrives
	})
}

func (b *bench) target(n int, probe fleet.Probe) Target {
	x, err := TargetOf(roster.AgentID(fmt.Sprint("demo/crew~", n)), &fleet.Spec{Endpoints: []roster.Endpoint{{URL: "http://" + b.agents.IP()}}, Probe: probe})
	if err != nil {
		b.Fatal(err)
	}
	return x
}

// keep keeps targets until the time is up, and tells each outcome with the time since.
func (b *bench) keep(p *Prober, targets []Target, lasts time.Duration, heard func(n int, at time.Duration, o Outcome)) {
	ctx, cancel := context.WithTimeout(b.Context(), lasts)
	defer cancel()
	begun := time.Now()
	var all sync.WaitGroup
	for n, x := range targets {
		all.Go(func() {
			if err := p.Keep(ctx, x, func(o Outcome) error {
				heard(n, time.Since(begun), o)
				return nil
			}); err != nil {
				b.Error(err)
			}
		})
	}
	all.Wait()
}

func (b *bench) crew(size int, probe fleet.Probe) []Target {
	targets := make([]Target, size)
	for n := range targets {
		targets[n] = b.target(n, probe)
	}
	return targets
}

// TestSpread: a thousand members are probed once an interval each, and not all at a time.
func TestSpread(t *testing.T) {
	onBench(t, func(b *bench) {
		const size, every, lasts = 1000, 5 * time.Second, 30 * time.Second
		var lock sync.Mutex
		probes, bins := make([]int, size), map[time.Duration]int{}
		b.keep(New(Config{Dial: b.node.Dial}), b.crew(size, fleet.Probe{Kind: fleet.ProbeHTTP}), lasts, func(n int, at time.Duration, o Outcome) {
			lock.Lock()
			defer lock.Unlock()
			probes[n]++
			bins[at/(100*time.Millisecond)]++
			if o.Failed {
				t.Errorf("%+v", o)
			}
		})
		for n, got := range probes {
			if want := int(lasts / every); got < want-2 || got > want {
				t.Errorf("member %d was probed %d times in %v", n, got, lasts)
			}
		}
		most := 0
		for _, n := range bins {
			most = max(most, n)
		}
		if mean := size / 50; most > 3*mean { // 50 bins of 100 ms an interval
			t.Errorf("%d probes in a tenth of a second, %d on the average", most, mean)
		}
	})
}

// TestAtOnce: no more than so many probes are under way at a time, and what waits for them is
// not held against a member.
func TestAtOnce(t *testing.T) {
	onBench(t, func(b *bench) {
		b.took = 400 * time.Millisecond
		p := New(Config{Dial: b.node.Dial, AtOnceMax: 8})
		b.keep(p, b.crew(100, fleet.Probe{Kind: fleet.ProbeHTTP, Every: roster.Duration(time.Second), Timeout: roster.Duration(500 * time.Millisecond)}), time.Minute,
			func(n int, _ time.Duration, o Outcome) {
				if o.Failed || o.Took > 500*time.Millisecond {
					t.Errorf("member %d: %+v", n, o)
				}
			})
		if most := b.most.Load(); most != 8 {
			t.Errorf("%d at once", most)
		}
	})
}

// died says how long after the death of their endpoint members were critical, the last one.
func (b *bench) died(probe fleet.Probe, kill func()) time.Duration {
	const size = 40
	death := 3*time.Duration(probe.Every) + 137*time.Millisecond
	var lock sync.Mutex
	windows, latest, critical := make([]Window, size), time.Duration(0), map[int]bool{}
	said := time.Now()
	targets := b.crew(size, probe)
	for n := range targets { // heartbeats: the member speaks until it dies
		targets[n].Said = func() time.Time { return minTime(time.Now(), said.Add(death)) }
	}
	p := targets[0].Probe
	time.AfterFunc(death, kill)
	b.keep(New(Config{Dial: b.node.Dial}), targets, death+10*time.Duration(p.Every), func(n int, at time.Duration, o Outcome) {
		lock.Lock()
		defer lock.Unlock()
		windows[n].Add(o, 0)
		h := windows[n].Judge(p, "")
		if at < death && h.State != roster.Passing {
			b.Errorf("member %d is %s before its endpoint has died: %s", n, h.State, h.Reason)
		}
		if h.State == roster.Critical && !critical[n] {
			critical[n] = true
			latest = max(latest, at-death)
		}
	})
	if len(critical) != size {
		b.Errorf("%d of %d are critical", len(critical), size)
	}
	return latest
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// TestThreeIntervals: whenever in its interval an endpoint dies, and however, the member is
// critical within three of them; not so when more failures or longer time-outs are asked for.
func TestThreeIntervals(t *testing.T) {
	for _, every := range []time.Duration{200 * time.Millisecond, time.Second, 5 * time.Second, time.Minute} {
		for name, c := range map[string]struct {
			probe fleet.Probe
			kill  func(*bench)
			later bool
		}{
			"503":            {fleet.Probe{Kind: fleet.ProbeHTTP}, func(b *bench) { b.dead.Store(true) }, false},
			"hangs":          {fleet.Probe{Kind: fleet.ProbeHTTP}, func(b *bench) { b.hung.Store(true) }, false},
			"silent":         {fleet.Probe{Kind: fleet.ProbeBeat}, func(*bench) {}, false},
			"five in a row":  {fleet.Probe{Kind: fleet.ProbeHTTP, Failures: 6}, func(b *bench) { b.dead.Store(true) }, true},
			"patient a hang": {fleet.Probe{Kind: fleet.ProbeHTTP, Timeout: roster.Duration(every)}, func(b *bench) { b.hung.Store(true) }, true},
		} {
			c.probe.Every = roster.Duration(every)
			onBench(t, func(b *bench) {
				took := b.died(c.probe, func() { c.kill(b) })
				if within := took <= 3*every; within == c.later {
					t.Errorf("%s every %v: critical after %v", name, every, took)
				}
			})
		}
	}
}

// TestSoon: what something waits for is probed within a second, and in its turn afterwards.
func TestSoon(t *testing.T) {
	onBench(t, func(b *bench) {
		targets := b.crew(50, fleet.Probe{Kind: fleet.ProbeHTTP, Every: roster.Duration(time.Minute)})
		for n := range targets {
			targets[n].Soon = true
		}
		var lock sync.Mutex
		times := map[int][]time.Duration{}
		b.keep(New(Config{Dial: b.node.Dial}), targets, 3*time.Minute, func(n int, at time.Duration, _ Outcome) {
			lock.Lock()
			defer lock.Unlock()
			times[n] = append(times[n], at)
		})
		for n, at := range times {
			if at[0] > time.Second+10*time.Millisecond || at[1]-at[0] > time.Minute+10*time.Millisecond || len(at) != 4 && len(at) != 3 {
				t.Errorf("member %d: %v", n, at)
			}
		}
	})
}

// TestNoDialIsLeft: who tries to connect to what drops everything stops with the probe.
func TestNoDialIsLeft(t *testing.T) {
	onBench(t, func(b *bench) {
		var under, most atomic.Int64
		p := New(Config{Dial: func(ctx context.Context, _ string) (net.Conn, error) {
			most.Store(max(most.Load(), under.Add(1)))
			defer under.Add(-1)
			<-ctx.Done()
			return nil, ctx.Err()
		}})
		b.keep(p, b.crew(1, fleet.Probe{Kind: fleet.ProbeHTTP}), time.Minute, func(_ int, _ time.Duration, o Outcome) {
			if !o.Failed || o.Text != "no answer within 2 s" {
				t.Errorf("%+v", o)
			}
		})
		synctest.Wait()
		if under.Load() != 0 || most.Load() != 1 {
			t.Errorf("%d dials are left, %d at a time", under.Load(), most.Load())
		}
	})
}

// TestKeepEnds: with its context, in the middle of a probe too, and with the error of who
// hears.
func TestKeepEnds(t *testing.T) {
	onBench(t, func(b *bench) {
		b.hung.Store(true)
		p := New(Config{Dial: b.node.Dial, AtOnceMax: 1})
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan error, 2)
		for n := range 2 { // one hangs, the other waits for its slot
			x := b.target(n, fleet.Probe{Kind: fleet.ProbeHTTP, Every: roster.Duration(time.Hour), Timeout: roster.Duration(time.Hour)})
			x.Soon = true
			go func() { done <- p.Keep(ctx, x, func(Outcome) error { return errors.New("heard") }) }()
		}
		<-time.After(2 * time.Second)
		synctest.Wait()
		if b.asked.Load() != 1 {
			t.Errorf("asked %d times", b.asked.Load())
		}
		cancel()
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		x := b.target(0, fleet.Probe{Kind: fleet.ProbeBeat})
		x.Said = func() time.Time { return time.Time{} }
		enough := errors.New("enough")
		if err := p.Keep(b.Context(), x, func(o Outcome) error {
			if !o.Failed {
				t.Errorf("%+v", o)
			}
			return enough
		}); err != enough {
			t.Error(err)
		}
	})
}
