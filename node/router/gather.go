package router

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"roster"
)

const (
	// callsMax is how many calls to the leader of one shard are under way for one
	// manner of writing; who comes meanwhile travels together in the next.
	callsMax = 2
	// waitingMax is how many operations wait for those calls, and waitingBytesMax how many
	// bytes of them; beyond: Overloaded.
	waitingMax      = 8 * roster.EntryOpsMax
	waitingBytesMax = 32 << 20
)

// manner is how operations of one message came together.
type manner uint8

const (
	apart    manner = iota // each from a caller of its own, who wants the whole result
	together               // a batch, whose caller wants the revision alone of a record
)

// route is where operations travel together.
type route struct {
	shard  roster.ShardID
	leader roster.NodeID
	manner manner
}

// gathering brings the writes of many callers to the leaders of other nodes: a call
// begins at once where fewer than callsMax are under way, and those that come meanwhile
// share the next.
type gathering struct {
	send func(ctx context.Context, to route, ops []Op) []Outcome
	ctx  context.Context // ends with close
	end  context.CancelFunc
	wg   sync.WaitGroup
	mu   struct {
		sync.Mutex
		lines  map[route]*line
		closed bool
	}
}

// line is who waits for a call on one route.
type line struct {
	waiting    []*passage
	ops, bytes int // of those
	calls      int
}

// The states of a passage. Who moves it out of waiting decides whether it is sent.
const (
	passageWaits int32 = iota
	passageSent
	passageGivenUp
)

// passage is what one caller sends.
type passage struct {
	ops      []Op
	bytes    int
	state    atomic.Int32
	outcomes []Outcome
	done     chan struct{} // holds one
}

func newGathering(send func(context.Context, route, []Op) []Outcome) *gathering {
	g := &gathering{send: send}
	g.ctx, g.end = context.WithCancel(context.Background())
	g.mu.lines = make(map[route]*line)
	return g
}

// carry brings ops to where they go and waits for what became of them, until ctx ends:
// then they are Unavailable if they were not sent, or else Unknown.
func (g *gathering) carry(ctx context.Context, to route, ops []Op) []Outcome {
	p := &passage{ops: ops, bytes: opsBytes(ops), done: make(chan struct{}, 1)}
	if err := g.join(to, p); err != nil {
		return allFailed(ops, err)
	}
	select {
	case <-p.done:
		return p.outcomes
	case <-ctx.Done():
	}
	if p.state.CompareAndSwap(passageWaits, passageGivenUp) {
		return allFailed(ops, &roster.Error{Code: roster.CodeUnavailable, Shard: to.shard, Detail: "the write was not sent to the leader", Cause: context.Cause(ctx)})
	}
	return allFailed(ops, &roster.Error{Code: roster.CodeUnknown, Shard: to.shard, Detail: "no answer from the leader", Cause: context.Cause(ctx)})
}

// join lets a passage wait, unless too many do.
func (g *gathering) join(to route, p *passage) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.mu.closed {
		return &roster.Error{Code: roster.CodeUnavailable, Shard: to.shard, Detail: "this node is closing"}
	}
	l := g.mu.lines[to]
	if l == nil {
		l = &line{}
		g.mu.lines[to] = l
	}
	if l.ops > 0 && (l.ops+len(p.ops) > waitingMax || l.bytes+p.bytes > waitingBytesMax) {
		return &roster.Error{Code: roster.CodeOverloaded, Shard: to.shard, RetryAfter: backoffMax,
			Detail: "too many writes wait for the leader of the shard"}
	}
	l.waiting, l.ops, l.bytes = append(l.waiting, p), l.ops+len(p.ops), l.bytes+p.bytes
	if l.calls < callsMax {
		l.calls++
		g.wg.Go(func() { g.run(to) })
	}
	return nil
}

// run makes one call after another while somebody waits.
func (g *gathering) run(to route) {
	for load := g.take(to); len(load) > 0; load = g.take(to) {
		ops := load[0].ops
		if len(load) > 1 {
			ops = slices.Concat(opsOf(load)...)
		}
		ctx, cancel := context.WithTimeout(g.ctx, AttemptWithin)
		outcomes := g.send(ctx, to, ops)
		cancel()
		for _, p := range load {
			p.outcomes, outcomes = outcomes[:len(p.ops):len(p.ops)], outcomes[len(p.ops):]
			p.done <- struct{}{}
		}
	}
}

func opsOf(load []*passage) [][]Op {
	all := make([][]Op, len(load))
	for i, p := range load {
		all[i] = p.ops
	}
	return all
}

// take returns who travels in the next call: at most BatchMax operations and
// EntryBytesMax bytes, or else one caller alone. With nobody left the call is over.
func (g *gathering) take(to route) []*passage {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.mu.lines[to]
	load := make([]*passage, 0, len(l.waiting))
	seen, ops, bytes := 0, 0, 0
	for _, p := range l.waiting {
		if len(load) > 0 && (ops+len(p.ops) > roster.BatchMax || bytes+p.bytes > roster.EntryBytesMax) {
			break
		}
		seen++
		l.ops, l.bytes = l.ops-len(p.ops), l.bytes-p.bytes
		if p.state.CompareAndSwap(passageWaits, passageSent) {
			load, ops, bytes = append(load, p), ops+len(p.ops), bytes+p.bytes
		}
	}
	l.waiting = slices.Delete(l.waiting, 0, seen)
	if len(load) > 0 {
		return load
	}
	if l.calls--; l.calls == 0 {
		delete(g.mu.lines, to)
	}
	return nil
}

// close ends the calls under way and waits for them.
func (g *gathering) close() {
	g.mu.Lock()
	g.mu.closed = true
	g.mu.Unlock()
	g.end()
	g.wg.Wait()
}
