package figures_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"roster"
	"roster/agentpool"
	"roster/fleet"
	"roster/mailbox"
	"roster/node"
	"roster/node/fleets"
	"roster/placement"
	"roster/scaling"
)

const (
	// scaleFrom members at first work scaleWork on each message.
	scaleFrom = 10
	scaleWork = 10 * time.Millisecond
)

// step is a fleet that follows its load, and who sends to it.
type step struct {
	nodes []*node.Node
	id    fleet.ID
	first atomic.Int64 // when a member took its first message that was not there at first
	sent  atomic.Int64
	mu    struct {
		sync.Mutex
		running []roster.AgentID
	}
}

// run is an agent that works a while on each message, and waits meanwhile.
func (s *step) run(ctx context.Context, self agentpool.Self) error {
	self.Ready()
	_, number, _ := fleet.Of(self.ID)
	for {
		if _, err := self.Mail.Receive(ctx); err != nil {
			return nil //nolint:nilerr // it is stopped
		}
		if number >= scaleFrom {
			s.first.CompareAndSwap(0, time.Now().UnixNano())
		}
		timer := time.NewTimer(scaleWork)
		<-timer.C
	}
}

// learn follows who runs, as any caller can.
func (s *step) learn(ctx context.Context) {
	for e, err := range s.nodes[0].Watch(ctx, roster.Query{Namespaces: []string{s.id.Namespace()}, AnyHealth: true, Initial: true}, "") {
		if err != nil {
			return
		}
		if e.After != nil && e.After.Status == roster.StatusRunning {
			s.mu.Lock()
			if !slices.Contains(s.mu.running, e.After.ID) {
				s.mu.running = append(s.mu.running, e.After.ID)
			}
			s.mu.Unlock()
		}
	}
}

// send sends at a rate, to members that run, at random, until ctx ends.
func (s *step) send(ctx context.Context, rate *atomic.Int64) {
	due := make(chan roster.AgentID, 1024)
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for to := range due {
				if _, err := s.nodes[i%len(s.nodes)].Send(ctx, mailbox.Message{To: to}, 0); err == nil {
					s.sent.Add(1)
				}
			}
		})
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	owed, last := 0.0, time.Now()
	for ctx.Err() == nil {
		now := <-tick.C
		for owed += now.Sub(last).Seconds() * float64(rate.Load()); owed >= 1; owed-- {
			s.mu.Lock()
			to := s.mu.running[rand.IntN(len(s.mu.running))]
			s.mu.Unlock()
			select {
			case due <- to:
			default: // this machine does not keep up
			}
		}
		last = now
	}
	close(due)
	all.Wait()
}

// BenchmarkScaleUp measures how soon a fleet of ten follows a step of its load from 30 to 95
// percent: from the step to the decision in the log, and to the first message that a new
// member takes from senders who learn of it by a watch; and how often the count changes its
// direction in the five seconds after. Its three nodes and the senders share the machine.
func BenchmarkScaleUp(b *testing.B) {
	s := &step{}
	s.nodes = threeOf(b, node.Config{Durability: roster.DurabilitySync, Agents: fleets.Agents{Room: placement.Resources{CPU: 64000}, Busy: func() int64 { return 0 },
		Drivers: []agentpool.Driver{agentpool.NewInproc(map[string]agentpool.Func{"run": s.run})}}})
	var useful, decided []time.Duration
	turns := 0
	for i := range b.N {
		d, u, n := s.once(b, fleet.ID(fmt.Sprintf("step-%d/crew", i)))
		decided, useful, turns = append(decided, d), append(useful, u), max(turns, n)
	}
	slices.Sort(decided)
	slices.Sort(useful)
	b.ReportMetric(milliseconds(percentile(decided, 50)), "decided-p50-ms")
	b.ReportMetric(milliseconds(percentile(useful, 50)), "useful-p50-ms")
	b.ReportMetric(milliseconds(useful[len(useful)-1]), "useful-max-ms")
	b.ReportMetric(float64(turns), "direction-changes-max")
}

// once is one step of one fleet.
func (s *step) once(b *testing.B, id fleet.ID) (decided, useful time.Duration, turns int) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.id = id
	s.mu.running = nil
	f := fleet.Fleet{ID: id, Count: scaleFrom, Spec: fleet.Spec{Driver: fleet.Inproc, Entry: "run"},
		Scaling: scaling.Policy{Min: scaleFrom, Max: 40, Busy: 70, Down: roster.Duration(2 * time.Second)}}
	await(b, func() error { _, _, err := s.nodes[0].Do(ctx, fleet.Set{Fleet: f}); return err })
	var all sync.WaitGroup
	all.Go(func() { s.learn(ctx) })
	await(b, func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if n := len(s.mu.running); n < scaleFrom {
			return fmt.Errorf("%d run", n)
		}
		return nil
	})
	capacity := int64(scaleFrom * time.Second / scaleWork)
	var rate atomic.Int64
	rate.Store(capacity * 30 / 100)
	all.Go(func() { s.send(ctx, &rate) })
	<-time.After(1500 * time.Millisecond)
	before := s.look(b)
	s.first.Store(0)
	s.sent.Store(0)
	start := time.Now()
	rate.Store(capacity * 95 / 100)
	counts := []int{before.Count}
	for time.Since(start) < 5*time.Second {
		if state := s.look(b); state.Count != counts[len(counts)-1] {
			counts = append(counts, state.Count)
			if decided == 0 {
				decided = time.Since(start)
				b.Log(state.Scaled.Reason)
			}
		}
		<-time.After(time.Millisecond)
	}
	b.Logf("%v, %d messages a second, aimed at %d", counts, s.sent.Load()/5, rate.Load())
	for i := 2; i < len(counts); i++ {
		if (counts[i] > counts[i-1]) != (counts[i-1] > counts[i-2]) {
			turns++
		}
	}
	if useful = time.Unix(0, s.first.Load()).Sub(start); useful < 0 {
		b.Error("no new member has taken a message")
	}
	cancel()
	all.Wait()
	await(b, func() error { _, _, err := s.nodes[0].Do(context.Background(), fleet.Drop{ID: id}); return err })
	return decided, useful, turns
}

func (s *step) look(b *testing.B) fleet.State {
	state, _, err := s.nodes[0].Fleet(context.Background(), s.id, roster.Read{})
	if err != nil {
		b.Fatal(err)
	}
	return state
}
