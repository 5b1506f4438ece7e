package shard

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"roster"
	"roster/fsm/codec"
	"roster/shard/replica"
)

// reign is the time in which this node leads a group: from the moment an entry of
// its own term is applied here until leadership is lost.
type reign struct {
	ctx   context.Context
	term  uint64
	clock *replica.Clock
	// contact is the last contact with a quorum; nil when this node is its own.
	contact atomic.Pointer[time.Time]
}

// upto returns until when the reign certainly held.
func (r *reign) upto(now time.Time) time.Time {
	if contact := r.contact.Load(); contact != nil {
		return *contact
	}
	return now
}

// settled reports whether this node leads in a term and everything that was committed
// before is committed here.
func (g *Group) settled(term uint64) bool { r := g.reign.Load(); return r != nil && r.term == term }

// Leading returns a channel on which a context arrives each time this node gains
// leadership, and at once when it leads now. The context ends when leadership is
// lost or the group closes. Each call is a subscription for the life of the group;
// of several contexts that nobody took, the last remains.
func (g *Group) Leading() <-chan context.Context {
	out := make(chan context.Context, 1)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mu.followers = append(g.mu.followers, out)
	if r := g.reign.Load(); r != nil {
		out <- r.ctx
	}
	return out
}

// follow follows Raft's leadership. It never waits for anything else, because Raft's
// main loop waits for it.
func (g *Group) follow(ctx context.Context, notify <-chan bool) {
	end := context.CancelFunc(func() {})
	for {
		select {
		case leads := <-notify:
			end()
			g.dethrone()
			reign, stop := context.WithCancel(ctx) // its own: accede may begin after the next
			if end = stop; leads {
				g.routines.Go(func() { g.accede(reign) })
			}
		case <-ctx.Done():
			end()
			g.dethrone()
			return
		}
	}
}

// dethrone ends the present reign. Its last contact with a quorum says until when
// this replica certainly was up to date.
func (g *Group) dethrone() {
	g.mu.Lock()
	old := g.reign.Swap(nil)
	g.mu.Unlock()
	if old != nil {
		g.fresh.Carry(old.upto(g.config.Now()))
	}
	g.proposer.nudge()
	g.bell.Ring()
}

// accede commits a tick in the new term and then begins the reign: only then is
// everything that earlier leaders committed applied here.
func (g *Group) accede(ctx context.Context) {
	term := g.raft.CurrentTerm()
	for ctx.Err() == nil && g.fault() == nil {
		err := g.commitTick(ctx, term)
		g.watchTransfer(err)
		if err == nil {
			g.enthrone(ctx, term)
			return
		}
		if !errors.Is(err, raft.ErrLeadershipTransferInProgress) && !errors.Is(err, raft.ErrEnqueueTimeout) {
			g.logger.Debug("first entry of the term failed", "term", term, "err", err)
			return
		}
		select {
		case <-time.After(retryAfter):
		case <-ctx.Done():
		}
	}
}

func (g *Group) commitTick(ctx context.Context, term uint64) error {
	data, err := codec.AppendEntry(nil, roster.Entry{
		Shard: g.id, At: g.Now(), Wall: roster.WallTime(g.config.Wall().UnixNano()),
		Ops: []roster.Op{{Command: roster.Tick{Shard: g.id}}},
	})
	if err != nil {
		return err
	}
	future := g.raft.ApplyLog(raft.Log{Data: data}, enqueueMax)
	if err := g.await(ctx, future); err != nil {
		return err
	}
	g.link.Nudge(future.Index(), term)
	return future.Response().(*replica.Outcome).Err
}

func (g *Group) enthrone(ctx context.Context, term uint64) {
	r := &reign{ctx: ctx, term: term, clock: replica.NewClock(g.Now(), g.config.Now())}
	g.mu.Lock()
	defer g.mu.Unlock()
	if ctx.Err() != nil || g.raft.CurrentTerm() != term || g.raft.State() != raft.Leader {
		return
	}
	r.contact.Store(g.quorumContact(term))
	g.reign.Store(r)
	for _, out := range g.mu.followers {
		select {
		case <-out: // nobody took the one before
		default:
		}
		out <- ctx
	}
	g.logger.Info("leading", "term", term)
	g.proposer.nudge()
	g.bell.Ring()
}

// Leader returns who leads the group, as far as this node knows ("" when it does not),
// and the term.
func (g *Group) Leader() (roster.NodeID, uint64) {
	_, id := g.raft.LeaderWithID()
	return roster.NodeID(id), g.raft.CurrentTerm()
}

// Heard returns when a leader last spoke to this replica; zero if none has since Open.
func (g *Group) Heard() time.Time { return g.raft.LastContact() }

// Now returns the log time of the last entry applied here.
func (g *Group) Now() roster.LogTime { return g.replica.LogTime() }
