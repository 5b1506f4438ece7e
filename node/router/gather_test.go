package router

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"roster"
)

// flight is a call under way: the test ends it.
type flight struct {
	ops  []Op
	land chan struct{}
}

// airport is the other end of a gathering, in which every call waits to be landed.
func airport(t *testing.T) (*gathering, chan flight) {
	t.Helper()
	calls := make(chan flight)
	g := newGathering(func(ctx context.Context, to route, ops []Op) []Outcome {
		f := flight{ops, make(chan struct{})}
		select {
		case calls <- f:
		case <-ctx.Done():
			return allFailed(ops, roster.Errorf(roster.CodeUnknown, "cut off"))
		}
		select {
		case <-f.land:
		case <-ctx.Done():
			return allFailed(ops, roster.Errorf(roster.CodeUnknown, "cut off"))
		}
		outcomes := make([]Outcome, len(ops))
		for i := range outcomes {
			op, err := ops[i].Op()
			if err != nil {
				t.Error(err)
			}
			outcomes[i].Index = roster.Index(op.Request.Seq)
		}
		return outcomes
	})
	t.Cleanup(g.close)
	return g, calls
}

func numbered(t *testing.T, n uint64) []Op {
	return encoded(t, roster.Op{Request: roster.Request{Client: 1, Seq: n}, Command: roster.Tick{}})
}

// passengers sends n writes of one caller each and returns how to wait for them.
func passengers(t *testing.T, g *gathering, from, n int) (wait func()) {
	var wg sync.WaitGroup
	for i := from; i < from+n; i++ {
		ops := numbered(t, uint64(i))
		wg.Go(func() {
			if o := g.carry(t.Context(), route{shard: 1}, ops)[0]; o.err != nil || o.Index != roster.Index(i) {
				t.Errorf("write %d got %d, %v", i, o.Index, o.err)
			}
		})
	}
	return wg.Wait
}

// await returns once so many operations wait.
func await(g *gathering, ops int) {
	for {
		g.mu.Lock()
		l := g.mu.lines[route{shard: 1}]
		n := 0
		if l != nil {
			n = l.ops
		}
		g.mu.Unlock()
		if n == ops {
			return
		}
	}
}

// TestWhoComesMeanwhileSharesACall: the first leave at once, and those that come while
// as many calls as may be are under way travel together, each with an answer of its own.
func TestWhoComesMeanwhileSharesACall(t *testing.T) {
	g, calls := airport(t)
	var early []flight
	var waits []func()
	for i := range callsMax {
		waits = append(waits, passengers(t, g, i, 1))
		early = append(early, <-calls)
	}
	waits = append(waits, passengers(t, g, callsMax, 20))
	await(g, 20)
	for _, f := range early {
		close(f.land)
	}
	shared := <-calls
	if len(shared.ops) != 20 {
		t.Errorf("%d travelled together, want 20", len(shared.ops))
	}
	close(shared.land)
	for _, wait := range waits {
		wait()
	}
	g.close() // the calls have ended by then, and not just been answered
	if len(g.mu.lines) != 0 {
		t.Errorf("%d lines are left with nobody in them", len(g.mu.lines))
	}
}

// TestGivenUp: who leaves before a call takes him was never sent, and is not sent later;
// who leaves after it does not know.
func TestGivenUp(t *testing.T) {
	g, calls := airport(t)
	ctx, cancel := context.WithCancel(t.Context())
	codes := make(chan roster.Code)
	send := func(n uint64) {
		ops := numbered(t, n)
		go func() { codes <- roster.CodeOf(g.carry(ctx, route{shard: 1}, ops)[0].err) }()
	}
	var early []flight
	for n := range callsMax {
		send(uint64(n))
		early = append(early, <-calls)
	}
	send(callsMax)
	await(g, 1)
	cancel()
	got := map[roster.Code]int{}
	for range callsMax + 1 {
		got[<-codes]++
	}
	if got[roster.CodeUnknown] != callsMax || got[roster.CodeUnavailable] != 1 {
		t.Errorf("got %v", got)
	}
	wait := passengers(t, g, 7, 1)
	await(g, 2)
	for _, f := range early {
		close(f.land)
	}
	f := <-calls
	if len(f.ops) != 1 {
		t.Errorf("%d were sent, and one of them had left", len(f.ops))
	}
	close(f.land)
	wait()
}

// TestFullLine: waiting is bounded, in operations and in bytes, and who finds no room was
// never sent.
func TestFullLine(t *testing.T) {
	small := roster.Op{Command: roster.Tick{}}
	large := roster.Op{Command: roster.Deregister{ID: roster.AgentID("a/" + strings.Repeat("b", 8<<10))}}
	for name, c := range map[string]struct {
		op   roster.Op
		fits int
	}{
		"operations": {small, waitingMax / roster.BatchMax},
		"bytes":      {large, waitingBytesMax / (roster.BatchMax * 8 << 10)},
	} {
		t.Run(name, func(t *testing.T) { fullLine(t, slices.Repeat(encoded(t, c.op), roster.BatchMax), c.fits) })
	}
}

func fullLine(t *testing.T, batch []Op, fits int) {
	g, calls := airport(t)
	var all sync.WaitGroup
	carry := func() { all.Go(func() { g.carry(t.Context(), route{shard: 1}, batch) }) }
	for range callsMax {
		carry()
		<-calls
	}
	for range fits {
		carry()
	}
	await(g, fits*len(batch))
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	if o := g.carry(impatient, route{shard: 1}, batch)[0]; roster.CodeOf(o.err) != roster.CodeOverloaded {
		t.Errorf("got %v", o.err)
	}
	g.close()
	all.Wait()
	if o := g.carry(t.Context(), route{shard: 1}, batch)[0]; roster.CodeOf(o.err) != roster.CodeUnavailable {
		t.Errorf("after close: %v", o.err)
	}
}
