package shard

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"roster"
	"roster/fsm"
	"roster/fsm/codec"
	"roster/shard/logstore"
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
	synctest.Test(t, func(t *testing.T) {
		var open chan struct{}
		c := muster(t, logstore.Memory, 1, func(_ roster.NodeID, c *Config) { open = gate(c) })
		defer c.disband()
		g := c.leader()
		total := queueOpsMax + 4*roster.EntryOpsMax
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
		if n := g.proposer.bytes.Load(); n != 0 {
			t.Errorf("%d bytes are counted in an empty queue", n)
		}
	})
}

// TestDeadlines: what still waited is Unavailable and never executed; what was under
// way is Unknown, and may be.
func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var open chan struct{}
		c := muster(t, logstore.Memory, 1, func(_ roster.NodeID, c *Config) { open = gate(c) })
		defer c.disband()
		g := c.leader()
		var wait sync.WaitGroup
		var errs [entriesMax + 1]error
		for i := range errs {
			wait.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				_, errs[i] = g.Propose(ctx, register(i))
			})
			synctest.Wait() // each in an entry of its own, until the slots are taken
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
	synctest.Test(t, func(t *testing.T) {
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
	synctest.Test(t, func(t *testing.T) {
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
	synctest.Test(t, func(t *testing.T) {
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
	synctest.Test(t, func(t *testing.T) {
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
