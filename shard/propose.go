package shard

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"roster"
	"roster/fsm/codec"
	"roster/shard/queue"
	"roster/shard/replica"
)

const (
	// entriesMax is how many entries of a group are under way: one that is synced and,
	// when many operations wait, one that is being filled and handed over.
	entriesMax = 2
	// enqueueMax is how long an entry waits for Raft's main loop.
	enqueueMax = roster.RequestDeadline
	// tickGap is the least time between two ticks, should a deadline not go away.
	tickGap = 20 * time.Millisecond
)

// Answer is what became of one operation: a result of the rules, or an error when it
// did not get that far.
type Answer struct {
	Result roster.Result
	Err    error
}

// proposer turns operations into log entries, one batch at a time.
type proposer struct {
	group                 *Group
	queue                 *queue.Queue
	slots                 chan struct{}
	flying                atomic.Int32 // entries that Raft has and that are not answered
	committed             committed
	wake                  chan struct{}
	scratch               []codec.Encoded // run's alone
	ops, entries, refused atomic.Uint64
}

// committed is the latest of the entries that are known to be committed. Those who wait
// for them wake up in any order.
type committed struct {
	sync.Mutex
	index, term uint64
}

func (c *committed) note(index, term uint64) {
	c.Lock()
	defer c.Unlock()
	if term > c.term || term == c.term && index > c.index {
		c.index, c.term = index, term
	}
}

func (c *committed) latest() (index, term uint64) {
	c.Lock()
	defer c.Unlock()
	return c.index, c.term
}

func newProposer(g *Group) *proposer {
	return &proposer{
		group: g,
		queue: queue.New(),
		slots: make(chan struct{}, entriesMax),
		wake:  make(chan struct{}, 1),
	}
}

// Propose has op executed by every replica and returns what it came to; a refusal
// by the rules stands in Result.Err. The errors: Invalid when op cannot be written,
// Moved when this node does not lead (with who does), Overloaded when too much waits,
// TooLarge, and Unavailable, none of which were executed; Unknown when the operation
// may have been.
func (g *Group) Propose(ctx context.Context, op roster.Op) (roster.Result, error) {
	encoded, err := codec.Encode(op)
	if err != nil {
		return roster.Result{}, err
	}
	a := g.ProposeEach(ctx, []codec.Encoded{encoded})[0]
	return a.Result, a.Err
}

// ProposeAll proposes the operations of one batch; each has an answer of its own.
func (g *Group) ProposeAll(ctx context.Context, ops []codec.Encoded) []Answer {
	return g.propose(ctx, queue.NewParcel(ops...))
}

// ProposeEach is ProposeAll of operations of as many callers, which happen to travel
// together: each waits its turn as if it had come alone.
func (g *Group) ProposeEach(ctx context.Context, ops []codec.Encoded) []Answer {
	return g.propose(ctx, queue.NewGathered(ops...))
}

func (g *Group) propose(ctx context.Context, p *queue.Parcel) []Answer {
	g.carry(ctx, p)
	answers := make([]Answer, p.Len())
	for i := range answers {
		answers[i] = g.answer(ctx, p.Write(i))
	}
	return answers
}

// carry hands a parcel over and waits until all of it is answered, ctx ends, or Raft
// has shut down.
func (g *Group) carry(ctx context.Context, p *queue.Parcel) {
	if p.Len() == 0 {
		return
	}
	g.admit(p)
	select {
	case <-p.Done():
	case <-ctx.Done():
	case <-g.dead:
	}
}

// answer says what is known of a write that nobody waits for any more.
func (g *Group) answer(ctx context.Context, w *queue.Write) Answer {
	if w.Abandon() {
		return Answer{Err: g.unavailable("the write was not begun", context.Cause(ctx))}
	}
	if result, err, ok := w.Outcome(); ok {
		return Answer{Result: result, Err: err}
	}
	return Answer{Err: g.unknown("the write may have been executed", context.Cause(ctx))}
}

// admit lets writes wait for an entry, and answers those that may not.
func (g *Group) admit(p *queue.Parcel) {
	if g.reign.Load() == nil {
		refuse(p, g.moved())
		return
	}
	for i := range p.Len() {
		if size := p.Write(i).Op.Size(); size > roster.EntryBytesMax {
			p.Write(i).Answer(roster.Result{}, roster.Errorf(roster.CodeTooLarge, "the operation has %d bytes; at most %d", size, roster.EntryBytesMax))
		}
	}
	switch full, closed := g.proposer.queue.Join(p, g.config.Now()); {
	case closed:
		refuse(p, g.unavailable("it is closing on this node", nil))
	case full > 0:
		g.proposer.refused.Add(uint64(full))
		refuse(p, g.overloaded())
	}
}

// refuse answers the writes of a parcel that were not let in.
func refuse(p *queue.Parcel, err error) {
	for i := range p.Len() {
		if w := p.Write(i); w.Outside() {
			w.Answer(roster.Result{}, err)
		}
	}
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

// next waits for operations, or for a tick that is due, and returns an entry of them.
func (q *proposer) next(ctx context.Context, timer *time.Timer) ([]*queue.Write, bool) {
	for ctx.Err() == nil {
		if q.flying.Load() > 0 && !q.queue.Many() {
			q.more(ctx)
			continue
		}
		batch, late := q.queue.Take(q.group.config.Now())
		if len(late) > 0 {
			q.refused.Add(uint64(len(late)))
			q.refuse(late, q.group.overloaded())
		}
		if len(batch) > 0 {
			return batch, true
		}
		timer.Reset(q.untilTick())
		select {
		case <-q.queue.Ready():
		case <-timer.C:
			if _, due := q.group.replica.Deadline(); due && q.group.reign.Load() != nil {
				return q.tick(), true
			}
		case <-q.wake: // leadership, or the next deadline, has changed
		case <-ctx.Done():
		}
	}
	return nil, false
}

// more waits, while an entry is under way, for its end or for enough to fill a second:
// each entry costs every replica far more than another operation in it.
func (q *proposer) more(ctx context.Context) {
	select {
	case <-q.queue.Ready():
	case <-q.wake:
	case <-ctx.Done():
	}
}

// tick returns an entry that only moves log time. Nobody waits for its answer.
func (q *proposer) tick() []*queue.Write {
	op, err := codec.Encode(roster.Op{Command: roster.Tick{Shard: q.group.id}})
	if err != nil {
		return nil // a tick can always be written
	}
	return []*queue.Write{queue.NewParcel(op).Write(0)}
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
func (q *proposer) submit(ctx context.Context, batch []*queue.Write) {
	g := q.group
	g.handover.Wait(ctx)
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
	q.flying.Add(1)
	future := g.raft.ApplyLog(raft.Log{Data: data}, enqueueMax)
	g.pending.Add(1)
	go q.finish(r.term, future, batch) // joined by drain: routines would hang with a future that is forgotten
}

func (q *proposer) encode(r *reign, batch []*queue.Write) ([]byte, error) {
	g := q.group
	entry := roster.Entry{Shard: g.id, At: r.clock.Stamp(g.config.Now()), Wall: roster.WallTime(g.config.Wall().UnixNano())}
	size := codec.EntryHeadMax
	q.scratch = q.scratch[:0]
	for _, w := range batch {
		q.scratch = append(q.scratch, w.Op)
		size += w.Op.Size()
	}
	data, err := codec.AppendEncoded(make([]byte, 0, size), entry, q.scratch)
	clear(q.scratch)
	return data, err
}

// finish passes on what became of an entry that was proposed in a term. A Raft that
// shuts down may forget it: then this ends never, but those who wait have been told by
// dead.
func (q *proposer) finish(term uint64, future raft.ApplyFuture, batch []*queue.Write) {
	g := q.group
	err := future.Error()
	g.watchTransfer(err)
	if err == nil {
		q.committed.note(future.Index(), term)
	}
	last := q.flying.Add(-1) == 0 && q.queue.Len() == 0
	<-q.slots
	if err != nil {
		q.refuse(batch, g.fate(err))
	} else {
		q.answer(future.Response().(*replica.Outcome), batch)
	}
	if last { // no entry follows that would tell the others
		g.link.Nudge(q.committed.latest())
	}
	q.nudge()
	g.pending.Add(-1)
	g.bell.Ring()
}

func (q *proposer) answer(o *replica.Outcome, batch []*queue.Write) {
	if o.Err != nil {
		q.refuse(batch, q.group.unknown("this replica has stopped", o.Err))
		return
	}
	for i, w := range batch {
		w.Answer(o.Results[i], nil)
	}
}

func (q *proposer) refuse(batch []*queue.Write, err error) {
	for _, w := range batch {
		w.Answer(roster.Result{}, err)
	}
}

// drain refuses what waits when the group closes; nothing joins the queue after that.
func (q *proposer) drain() {
	q.refuse(q.queue.Close(), q.group.unavailable("it is closing on this node", nil))
}

// nudge makes the proposer look again at leadership and deadline.
func (q *proposer) nudge() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}
