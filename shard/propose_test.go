package shard

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"roster"
	"roster/fsm"
	"roster/fsm/codec"
	"roster/internal/bubble"
	"roster/shard/logstore"
	"roster/shard/queue"
	"roster/shard/replica"
)

// gated is a machine that applies nothing until its gate opens.
type gated struct {
	replica.Machine
	gate chan struct{}
}

func (g *gated) Apply(e roster.Entry) []roster.Result {
	if _, tick := e.Ops[0].Command.(roster.Tick); !tick {
		<-g.gate
	}
	return g.Machine.Apply(e)
}

func gate(c *Config) chan struct{} {
	open := make(chan struct{})
	c.tuning.machine = func(s roster.ShardID) replica.Machine { return &gated{fsm.New(s), open} }
	return open
}

// TestFullQueueIsOverloaded fills the queue while nothing is applied: the rest is
// refused at once, and everything that was taken is done in the end.
func TestFullQueueIsOverloaded(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		var open chan struct{}
		c := muster(t, logstore.Memory, 1, func(_ roster.NodeID, c *Config) { open = gate(c) })
		defer c.disband()
		g := c.leader()
		total := queue.OpsMax + 4*roster.EntryOpsMax
		codes := make(chan error, total)
		for i := range total {
			go func() {
				_, err := g.Propose(t.Context(), register(i))
				codes <- err
			}()
		}
		synctest.Wait()
		refused := len(codes)
		for range refused {
			err := <-codes
			if e, ok := err.(*roster.Error); !ok || e.Code != roster.CodeOverloaded || e.RetryAfter <= 0 {
				t.Fatalf("full queue: %v", err)
			}
		}
		if refused < roster.EntryOpsMax {
			t.Errorf("%d of %d refused", refused, total)
		}
		close(open)
		for range total - refused {
			if err := <-codes; err != nil {
				t.Fatal(err)
			}
		}
		if n := g.proposer.queue.Bytes(); n != 0 {
			t.Errorf("%d bytes are counted in an empty queue", n)
		}
	})
}

// TestDeadlines: what still waited is Unavailable and never executed; what was under
// way is Unknown, and may be.
func TestDeadlines(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		var open chan struct{}
		c := muster(t, logstore.Memory, 1, func(_ roster.NodeID, c *Config) { open = gate(c) })
		defer c.disband()
		g := c.leader()
		var wait sync.WaitGroup
		var errs [2]error
		for i := range errs {
			wait.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				_, errs[i] = g.Propose(ctx, register(i))
			})
			synctest.Wait() // the first in an entry, and the second not many
		}
		wait.Wait()
		last := len(errs) - 1
		for i, err := range errs {
			want := roster.CodeUnknown
			if i == last {
				want = roster.CodeUnavailable
			}
			if roster.CodeOf(err) != want {
				t.Errorf("write %d: %v, want %s", i, err, want)
			}
		}
		close(open)
		propose(t, g, 9)
		if _, ok, _ := g.Lookup(agentID(last)); ok {
			t.Error("a write that was Unavailable was executed")
		}
		wantAgents(t, g, 0, last)
	})
}

func TestEntryLimits(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		var open chan struct{}
		var sizes []int
		c := muster(t, logstore.Memory, 1, func(_ roster.NodeID, c *Config) {
			open = make(chan struct{})
			c.tuning.machine = func(s roster.ShardID) replica.Machine {
				return &counted{&gated{fsm.New(s), open}, func(e roster.Entry) {
					b, err := codec.AppendEntry(nil, e)
					must(t, err)
					sizes = append(sizes, len(b))
				}}
			}
		})
		defer c.disband()
		g := c.leader()
		var wait sync.WaitGroup
		for i := range 40 {
			wait.Go(func() {
				op := register(i)
				r := op.Command.(roster.Register)
				r.Agent.Metadata = roster.Map{{Key: "a", Value: strings.Repeat("x", 30<<10)}, {Key: "b", Value: strings.Repeat("y", 30<<10)}}
				op.Command = r
				if res, err := g.Propose(t.Context(), op); err != nil || res.Err != nil {
					t.Errorf("%v, refused %v", err, res.Err)
				}
			})
		}
		synctest.Wait()
		close(open)
		wait.Wait()
		for _, n := range sizes {
			if n > roster.EntryBytesMax+roster.EntryOpsMax*64 {
				t.Errorf("an entry of %d bytes", n)
			}
		}
		if len(sizes) < 4 || len(sizes) > 12 {
			t.Errorf("40 operations of 60 KB took %d entries: %v", len(sizes), sizes)
		}
	})
}

type counted struct {
	replica.Machine
	seen func(roster.Entry)
}

func (c *counted) Apply(e roster.Entry) []roster.Result {
	c.seen(e)
	return c.Machine.Apply(e)
}

func TestTooLargeOperation(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		c := muster(t, logstore.Memory, 1, nil)
		defer c.disband()
		g := c.leader()
		op := register(1)
		r := op.Command.(roster.Register)
		r.Agent.Description = strings.Repeat("x", roster.EntryBytesMax)
		op.Command = r
		if _, err := g.Propose(t.Context(), op); roster.CodeOf(err) != roster.CodeTooLarge {
			t.Errorf("%v, want TooLarge", err)
		}
	})
}

// TestTicks: while something is due, log time moves without anybody's help; when
// nothing is, an idle group writes nothing.
func TestTicks(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		c := muster(t, logstore.Memory, 1, nil)
		defer c.disband()
		g := c.leader()
		idle := g.proposer.entries.Load()
		<-time.After(time.Minute)
		if n := g.proposer.entries.Load(); n != idle {
			t.Errorf("an idle group wrote %d entries", n-idle)
		}
		client := roster.Op{Request: roster.Request{Client: 7, Seq: 1}, Command: register(1).Command}
		if _, err := g.Propose(t.Context(), client); err != nil {
			t.Fatal(err)
		}
		begin := g.Now()
		<-time.After(time.Minute)
		if step := time.Duration(g.Now() - begin); step < 55*time.Second || step > time.Minute {
			t.Errorf("one minute moved log time by %v while a client is remembered", step)
		}
	})
}

// TestCloseAnswersEverybody: nobody who proposes without a deadline waits for ever.
func TestCloseAnswersEverybody(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		var open chan struct{}
		c := muster(t, logstore.Memory, 1, func(_ roster.NodeID, c *Config) { open = gate(c) })
		g := c.leader()
		var wait sync.WaitGroup
		for i := range 3000 {
			wait.Go(func() {
				_, err := g.Propose(context.Background(), register(i))
				switch roster.CodeOf(err) {
				case "", roster.CodeUnavailable, roster.CodeUnknown, roster.CodeMoved:
				default:
					t.Errorf("closing: %v", err)
				}
			})
		}
		synctest.Wait()
		time.AfterFunc(500*time.Millisecond, func() { close(open) })
		c.disband()
		wait.Wait()
	})
}

// paced is a machine that takes a tenth of a millisecond for each operation.
type paced struct{ replica.Machine }

func (p *paced) Apply(e roster.Entry) []roster.Result {
	<-time.After(time.Duration(len(e.Ops)) * 100 * time.Microsecond)
	return p.Machine.Apply(e)
}

// TestSingleWritesUnderAFloodOfBatches: half of the single writes are answered within the
// time of about two short entries while batches keep both entries under way full. The
// control hands over just too many operations to count as small.
func TestSingleWritesUnderAFloodOfBatches(t *testing.T) {
	single, control := flooded(t, 1), flooded(t, queue.SmallOps+1)
	if single > 80*time.Millisecond || control < 2*single {
		t.Errorf("half of the single writes took up to %v, of the control's up to %v", single, control)
	}
}

// flooded returns the median time of a parcel of so many operations among batches.
func flooded(t *testing.T, ops int) (median time.Duration) {
	bubble.Test(t, func(t *testing.T) {
		c := muster(t, logstore.Memory, 1, func(_ roster.NodeID, c *Config) {
			c.tuning.machine = func(s roster.ShardID) replica.Machine { return &paced{fsm.New(s)} }
		})
		defer c.disband()
		g := c.leader()
		op, err := codec.Encode(register(1))
		must(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		var flood sync.WaitGroup
		for range 40 {
			flood.Go(func() {
				for ctx.Err() == nil {
					g.ProposeAll(ctx, slices.Repeat([]codec.Encoded{op}, 100))
				}
			})
		}
		var took []time.Duration
		for range 50 {
			begin := time.Now()
			for _, a := range g.ProposeAll(t.Context(), slices.Repeat([]codec.Encoded{op}, ops)) {
				must(t, a.Err)
			}
			took = append(took, time.Since(begin))
		}
		cancel()
		flood.Wait()
		slices.Sort(took)
		median = took[len(took)/2]
	})
	return median
}

// TestOverloadKeepsGoodput: ten times more callers than the shard can serve are refused at
// once, not in the end, and cost those who are served nothing.
func TestOverloadKeepsGoodput(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		c := muster(t, logstore.Memory, 1, func(_ roster.NodeID, c *Config) {
			c.tuning.machine = func(s roster.ShardID) replica.Machine { return &paced{fsm.New(s)} }
		})
		defer c.disband()
		g := c.leader()
		const seconds, capacity, callers = 5, 10_000, 100_000 // a second
		var done, refused, slow atomic.Int64
		var all sync.WaitGroup
		op, err := codec.Encode(register(1))
		must(t, err)
		for range seconds * 100 {
			for range callers / 100 {
				all.Go(func() {
					begin := time.Now()
					switch err := g.ProposeEach(t.Context(), []codec.Encoded{op})[0].Err; {
					case err == nil:
						done.Add(1)
					case roster.CodeOf(err) != roster.CodeOverloaded:
						t.Error(err)
					case time.Since(begin) > 0:
						slow.Add(1)
					default:
						refused.Add(1)
					}
				})
			}
			<-time.After(10 * time.Millisecond)
		}
		all.Wait()
		if n := done.Load(); n < seconds*capacity*9/10 {
			t.Errorf("%d were served of the %d that could be", n, seconds*capacity)
		}
		if n := slow.Load(); n > refused.Load()/20 {
			t.Errorf("%d waited before they were refused, %d did not", n, refused.Load())
		}
	})
}

// TestFollowersHearOfEveryEntry: however the answers of entries that were under way
// together overtake each other, followers learn of the last one at once, and not with
// Raft's next message, half a second later.
func TestFollowersHearOfEveryEntry(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		c := muster(t, logstore.Memory, 3, nil)
		defer c.disband()
		g := c.leader()
		for round := range 300 {
			var all sync.WaitGroup
			for i := range 40 {
				all.Go(func() { propose(t, g, 40*round+i) })
			}
			all.Wait()
			<-time.After(50 * time.Millisecond)
			for _, follower := range c.others(g) {
				if have, want := follower.replica.Index(), g.replica.Index(); have != want {
					t.Fatalf("round %d: %d of %d", round, have, want)
				}
			}
		}
	})
}
