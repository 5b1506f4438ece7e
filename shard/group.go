package shard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"roster"
	"roster/fsm"
	"roster/shard/handover"
	"roster/shard/link"
	"roster/shard/logstore"
	"roster/shard/pledge"
	"roster/shard/replica"
	"roster/shard/rounds"
	"roster/shard/stores"
	"roster/shard/trail"
)

const (
	// stallMax is how long a write of the log may take before this node keeps the
	// other voters from believing in its leadership.
	stallMax = 2 * time.Second
	// drainMax is how long Close waits for entries under way, twice.
	drainMax = time.Second
	// troublesMax is how many troubles wait: more than there are kinds.
	troublesMax = 4
	// notifyMax is how many changes of leadership may wait; they are taken at once.
	notifyMax = 16
)

var (
	errClosing = errors.New("the group is closing")
	errStopped = errors.New("raft has stopped")
)

// Group is this node's replica of one shard.
type Group struct {
	id        roster.ShardID
	config    Config
	timing    Timing
	logger    *slog.Logger
	replica   *replica.Replica
	fresh     *replica.Freshness
	store     *logstore.Watched
	below     *stores.Movable // below all wrappers
	logs      *logstore.FailStop
	snaps     *logstore.Snapshots
	link      *link.Transport
	trail     *trail.Trail
	elector   pledge.Elector
	pledge    pledge.Pledge // once it has stopped
	unpledged error         // why that could not be read
	raft      *raft.Raft
	proposer  *proposer
	reads     *rounds.Rounds
	handover  *handover.Handover
	deaths    chan raft.ServerID // of leaders, to succeed them; holds one
	pending   atomic.Int64       // futures of Raft that somebody awaits
	applied   replica.Bell       // rings when something was applied
	bell      replica.Bell       // rings when that, or anything that age depends on, has changed
	reign     atomic.Pointer[reign]
	stopped   atomic.Pointer[error]
	healed    chan struct{} // a quarantine has ended; holds one
	troubles  chan trouble
	closing   chan struct{}
	dead      chan struct{} // closed when Raft has shut down
	cancel    context.CancelFunc
	shutdown  func() raft.Future
	routines  sync.WaitGroup // every goroutine of the group
	once      sync.Once
	mu        struct {
		sync.Mutex
		followers []chan context.Context
	}
}

// ID returns the shard.
func (g *Group) ID() roster.ShardID { return g.id }

// Timing returns how long the group waits for what.
func (g *Group) Timing() Timing { return g.timing }

// Feed is one reader's place in the events of a shard.
type Feed = replica.Feed

// Feed returns a reader of the events after an index. The error is Gone, with the
// earliest index that is kept, when after lies before that.
func (g *Group) Feed(after roster.Index) (*Feed, error) { return g.replica.Feed(after) }

// Status describes the group as this replica sees it. Agents is counted by the
// machine; AgeMS is never negative.
func (g *Group) Status() roster.ShardStatus {
	leader, term := g.Leader()
	voters, readers := g.Servers()
	agents := 0
	if g.replica.Fault() == nil {
		_, _ = g.replica.View(func(v *fsm.View) error { agents = v.Agents(); return nil })
	}
	return roster.ShardStatus{
		ID: g.id, Leader: leader, Term: term, Index: g.replica.Index(),
		Voters: voters, Readers: readers, Agents: agents, AgeMS: g.age().Milliseconds(),
	}
}

// Fault returns why this replica has stopped, or nil.
func (g *Group) Fault() error { return g.fault() }

// StorageFault returns the error that stopped this replica's log store, or nil.
func (g *Group) StorageFault() error { return g.store.Fault() }

// halted returns why nothing more will be applied here, or nil.
func (g *Group) halted() error {
	if err := g.replica.Fault(); err != nil {
		return err
	}
	return g.store.Fault()
}

// Stalled returns for how long the oldest write to this replica's log has been under
// way; 0 when none is. Heartbeats stop after two seconds, so that another node leads.
func (g *Group) Stalled() time.Duration { return g.store.Stalled() }

func (g *Group) fault() error {
	if err := g.stopped.Load(); err != nil {
		return *err
	}
	return nil
}

// await waits for a future of Raft until ctx ends. A Raft that shuts down forgets the
// futures that it has not looked at yet, so the wait also ends with Raft, and close
// lets all of them end first where it can.
func (g *Group) await(ctx context.Context, future raft.Future) error {
	done := make(chan error, 1)
	g.pending.Add(1)
	go func() { // joined by drain: routines would hang with a future that is forgotten
		done <- future.Error()
		g.pending.Add(-1)
		g.bell.Ring()
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-g.dead:
	}
	select {
	case err := <-done:
		return err
	default:
		return errStopped
	}
}

// trouble is why a replica stops, and what it must still do about it.
type trouble struct {
	err      error
	shutdown bool // leave the group
	abdicate bool // hand over, then follow
}

// storageFault runs on the goroutine that met the error, which may be Raft's main
// loop: nothing may wait here.
func (g *Group) storageFault(err error) {
	g.link.Silence()
	g.report(trouble{err: err, shutdown: true})
}

// machineFault keeps the replica as a voter that does not lead. It runs on the
// goroutine that applies.
func (g *Group) machineFault(err error) { g.report(trouble{err: err, abdicate: true}) }

// report makes t the reason why the replica has stopped. Of several the first counts,
// but each gets what it asks for.
func (g *Group) report(t trouble) {
	g.stopped.CompareAndSwap(nil, &t.err)
	if r := g.reign.Load(); r != nil {
		g.fresh.Carry(r.upto(g.config.Now())) // from now on it ages
	}
	select {
	case g.troubles <- t:
	default: // as many are being dealt with as there are kinds
	}
	g.applied.Ring()
	g.bell.Ring()
}

// guard deals with troubles where waiting is allowed.
func (g *Group) guard(ctx context.Context) {
	var told error
	for {
		select {
		case t := <-g.troubles:
			g.logger.Error("replica stopped", "err", t.err)
			g.contain(ctx, t)
			if fault := g.fault(); fault != nil && fault != told {
				told = fault
				g.config.OnFault(g.id, fault)
			}
		case <-ctx.Done():
			return
		}
	}
}

func (g *Group) contain(ctx context.Context, t trouble) {
	if t.shutdown {
		g.shutdown()
	}
	if t.abdicate && g.raft.State() == raft.Leader {
		ctx, cancel := context.WithTimeout(ctx, 2*g.timing.Election)
		defer cancel()
		g.raft.LeadershipTransfer() // see TransferLeadership for why nobody waits for its future
		if err := g.bell.Wait(ctx, func() bool { return g.raft.State() != raft.Leader }); err != nil {
			g.logger.Warn("leadership was not handed over; waiting to lose it", "err", err)
		}
	}
	if g.fault() != nil {
		g.link.Mute()
	}
}

// close stops the group. It waits for what is under way, but not longer than ctx.
func (g *Group) close(ctx context.Context) error {
	var err error
	g.once.Do(func() { err = g.stop(ctx) })
	return err
}

func (g *Group) stop(ctx context.Context) error {
	close(g.closing)
	g.drain(ctx, func() bool { return g.proposer.queue.Len() == 0 && g.pending.Load() == 0 })
	g.cancel()
	g.drain(ctx, func() bool { return g.pending.Load() == 0 })
	future := g.shutdown()
	errs := []error{g.link.Close()}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		errs = append(errs, future.Error())
		close(g.dead)
		g.replica.Close()
		g.applied.Ring()
		g.bell.Ring()
		g.routines.Wait()
		g.reads.Close()
		g.pledge, g.unpledged = pledge.Of(g.store, g.snaps)
		errs = append(errs, g.store.Close())
	}()
	select {
	case <-ended:
		return errors.Join(errs...)
	case <-ctx.Done():
		return fmt.Errorf("shard %v did not stop in time: %w", g.id, ctx.Err())
	}
}

// drain waits a moment for what is under way, so that few writes become Unknown. A
// leader that has lost its quorum steps down within its lease, which ends them too.
func (g *Group) drain(ctx context.Context, done func() bool) {
	ctx, cancel := context.WithTimeout(ctx, drainMax)
	defer cancel()
	if g.fault() == nil {
		_ = g.bell.Wait(ctx, done) // what is not done in time is answered Unknown
	}
}
