package shard

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"roster"
	"roster/fsm/codec"
	"roster/shard/replica"
)

const (
	// queueOpsMax and queueBytesMax bound the operations that wait for an entry.
	queueOpsMax   = 8 * roster.EntryOpsMax
	queueBytesMax = 32 << 20
	// entriesMax is how many entries of a group are under way: one that is synced and
	// one that is being filled and handed over.
	entriesMax = 2
	// enqueueMax is how long an entry waits for Raft's main loop.
	enqueueMax = roster.RequestDeadline
	// tickGap is the least time between two ticks, should a deadline not go away.
	tickGap = 20 * time.Millisecond
)

// The states of a proposal. Who moves it out of waiting decides its fate.
const (
	waiting int32 = iota
	taken
	abandoned
)

type proposal struct {
	op    roster.Op
	size  int
	state atomic.Int32
	done  chan answer // buffered
}

type answer struct {
	result roster.Result
	err    error
}

// proposer turns operations into log entries, one batch at a time.
type proposer struct {
	group                 *Group
	queue                 chan *proposal
	bytes                 atomic.Int64
	held                  *proposal // did not fit into the last entry; run alone uses it
	slots                 chan struct{}
	wake                  chan struct{}
	ops, entries, refused atomic.Uint64
}

func newProposer(g *Group) *proposer {
	return &proposer{
		group: g,
		queue: make(chan *proposal, queueOpsMax),
		slots: make(chan struct{}, entriesMax),
		wake:  make(chan struct{}, 1),
	}
}

// Propose has op executed by every replica and returns what it came to; a refusal
// by the rules stands in Result.Err. The errors: Moved when this node does not lead
// (with who does), Overloaded when the queue is full, TooLarge, and Unavailable, none
// of which were executed; Unknown when the operation may have been.
func (g *Group) Propose(ctx context.Context, op roster.Op) (roster.Result, error) {
	p := &proposal{op: op, size: codec.OpSize(op), done: make(chan answer, 1)}
	if err := g.admit(p); err != nil {
		return roster.Result{}, err
	}
	select {
	case a := <-p.done:
		return a.result, a.err
	case <-ctx.Done():
	case <-g.dead:
	}
	if p.state.CompareAndSwap(waiting, abandoned) {
		return roster.Result{}, g.unavailable("the write was not begun", context.Cause(ctx))
	}
	select {
	case a := <-p.done:
		return a.result, a.err
	default:
		return roster.Result{}, g.unknown("the write may have been executed", context.Cause(ctx))
	}
}

func (g *Group) admit(p *proposal) error {
	switch {
	case g.reign.Load() == nil:
		return g.moved()
	case p.size > roster.EntryBytesMax:
		return roster.Errorf(roster.CodeTooLarge, "the operation has %d bytes; at most %d", p.size, roster.EntryBytesMax)
	}
	q := g.proposer
	if q.bytes.Add(int64(p.size)) <= queueBytesMax {
		select {
		case <-g.closing:
			q.bytes.Add(-int64(p.size))
			return g.unavailable("it is closing on this node", nil)
		case q.queue <- p:
			return nil
		default:
		}
	}
	q.bytes.Add(-int64(p.size))
	q.refused.Add(1)
	return g.overloaded()
}

// run gathers and proposes until ctx ends, then refuses what still waits.
func (q *proposer) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	defer q.drain()
	for {
		select {
		case q.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		batch, ok := q.next(ctx, timer)
		if !ok {
			return
		}
		q.submit(ctx, batch)
	}
}

// next waits for the first operation or for a tick that is due, and takes along
// what else is waiting.
func (q *proposer) next(ctx context.Context, timer *time.Timer) ([]*proposal, bool) {
	for {
		if q.held != nil {
			first := q.held
			q.held = nil
			return q.gather(first), true
		}
		timer.Reset(q.untilTick())
		select {
		case p := <-q.queue:
			return q.gather(p), true
		case <-timer.C:
			if _, due := q.group.replica.Deadline(); due && q.group.reign.Load() != nil {
				return []*proposal{q.tick()}, true
			}
		case <-q.wake: // leadership, or the next deadline, has changed
		case <-ctx.Done():
			return nil, false
		}
	}
}

// gather takes waiting operations until the entry is full.
func (q *proposer) gather(first *proposal) []*proposal {
	batch := make([]*proposal, 0, min(roster.EntryOpsMax, 1+len(q.queue)))
	size := 0
	for p := first; ; {
		switch {
		case size+p.size > roster.EntryBytesMax:
			q.held = p
			return batch
		case p.state.CompareAndSwap(waiting, taken):
			batch = append(batch, p)
			size += p.size
			q.bytes.Add(-int64(p.size))
		default: // abandoned meanwhile
			q.bytes.Add(-int64(p.size))
		}
		if len(batch) == roster.EntryOpsMax {
			return batch
		}
		select {
		case p = <-q.queue:
		default:
			return batch
		}
	}
}

func (q *proposer) tick() *proposal {
	p := &proposal{op: roster.Op{Command: roster.Tick{Shard: q.group.id}}, done: make(chan answer, 1)}
	p.state.Store(taken)
	return p
}

// untilTick returns how long the proposer may sleep before a tick is due.
func (q *proposer) untilTick() time.Duration {
	deadline, due := q.group.replica.Deadline()
	r := q.group.reign.Load()
	if r == nil || !due {
		return time.Hour
	}
	return min(max(time.Duration(deadline-r.clock.Read(q.group.config.Now())), tickGap), roster.TickEvery)
}

// submit hands a batch to Raft and leaves a goroutine with its answer. The caller
// holds a slot, which finish gives back.
func (q *proposer) submit(ctx context.Context, batch []*proposal) {
	g := q.group
	g.handover.wait(ctx)
	r := g.reign.Load()
	if len(batch) == 0 || r == nil || g.fault() != nil {
		q.refuse(batch, g.moved())
		<-q.slots
		return
	}
	data, err := q.encode(r, batch)
	if err != nil {
		q.refuse(batch, roster.Errorf(roster.CodeInternal, "shard %v: the entry cannot be encoded: %v", g.id, err))
		<-q.slots
		return
	}
	q.entries.Add(1)
	q.ops.Add(uint64(len(batch)))
	future := g.raft.ApplyLog(raft.Log{Data: data}, enqueueMax)
	g.routines.Go(func() { q.finish(future, batch) })
}

func (q *proposer) encode(r *reign, batch []*proposal) ([]byte, error) {
	now := q.group.config.Now()
	entry := roster.Entry{Shard: q.group.id, At: r.clock.Stamp(now), Wall: roster.WallTime(now.UnixNano()), Ops: make([]roster.Op, len(batch))}
	size := 64
	for i, p := range batch {
		entry.Ops[i] = p.op
		size += p.size + 16
	}
	return codec.AppendEntry(make([]byte, 0, size), entry)
}

// finish passes on what became of an entry.
func (q *proposer) finish(future raft.ApplyFuture, batch []*proposal) {
	g := q.group
	err := g.await(context.Background(), future)
	g.watchTransfer(err)
	<-q.slots
	if err != nil {
		q.refuse(batch, g.fate(err))
	} else {
		q.answer(future.Response().(*replica.Outcome), batch)
	}
	q.nudge()
}

func (q *proposer) answer(o *replica.Outcome, batch []*proposal) {
	if o.Err != nil {
		q.refuse(batch, q.group.unknown("this replica has stopped", o.Err))
		return
	}
	for i, p := range batch {
		p.done <- answer{result: o.Results[i]}
	}
}

func (q *proposer) refuse(batch []*proposal, err error) {
	for _, p := range batch {
		p.done <- answer{err: err}
	}
}

// drain refuses what waits when the group closes. Nothing joins the queue after
// closing is closed but what raced with it, which its context ends.
func (q *proposer) drain() {
	err := q.group.unavailable("it is closing on this node", nil)
	for {
		p := q.held
		q.held = nil
		if p == nil {
			select {
			case p = <-q.queue:
			default:
				return
			}
		}
		if p.state.CompareAndSwap(waiting, taken) {
			p.done <- answer{err: err}
		}
	}
}

// nudge makes the proposer look again at leadership and deadline.
func (q *proposer) nudge() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}
