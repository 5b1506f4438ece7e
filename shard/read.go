package shard

import (
	"context"
	"slices"
	"time"

	"github.com/hashicorp/raft"

	"roster"
	"roster/fsm"
	"roster/shard/replica"
)

// Seen says what a local read reflects: at least everything up to Index, and
// everything that was acknowledged before Age ago. Age is the largest Duration while
// the replica has never been up to date.
type Seen struct {
	Index roster.Index
	Age   time.Duration
}

// Lookup returns the newest applied record of an agent, without waiting.
func (g *Group) Lookup(id roster.AgentID) (*roster.Record, bool, Seen) {
	seen := Seen{Index: g.replica.Index(), Age: g.age()}
	record, ok := g.replica.Lookup(id)
	return record, ok, seen
}

// View shows f one moment of the replica. Nothing is applied until f returns, so f
// must be quick; what it takes out of the view stays valid. The error is f's.
func (g *Group) View(f func(*fsm.View) error) (Seen, error) {
	age := g.age()
	index, err := g.replica.View(f)
	return Seen{Index: index, Age: age}, err
}

// Capture returns the state of the replica as it is now, and how many agents it has. It
// costs next to nothing: the state is written later, beside what is applied.
func (g *Group) Capture() (*fsm.Snapshot, int, error) { return g.replica.Capture() }

// WaitIndex waits until this replica has applied the command of index i. It is
// Unavailable when ctx ends before that.
func (g *Group) WaitIndex(ctx context.Context, i roster.Index) error {
	if g.replica.Index() >= i {
		return nil
	}
	err := g.waitFor(ctx, &g.applied, func() bool { return g.replica.Index() >= i })
	return g.late("this replica has not come that far", err)
}

// WaitFresh waits until this replica is not older than maxAge. It is Unavailable when
// ctx ends before that.
func (g *Group) WaitFresh(ctx context.Context, maxAge time.Duration) error {
	if g.age() <= maxAge {
		return nil
	}
	err := g.waitFor(ctx, &g.bell, func() bool { return g.age() <= maxAge })
	return g.late("this replica is older than was asked for", err)
}

// waitFor waits for a condition, but not on a replica that will not move any more.
func (g *Group) waitFor(ctx context.Context, b *replica.Bell, done func() bool) error {
	var stopped error
	err := b.Wait(ctx, func() bool {
		if done() {
			return true
		}
		stopped = g.halted()
		select {
		case <-g.closing:
			stopped = errClosing
		default:
		}
		return stopped != nil
	})
	if stopped != nil {
		return g.unavailable("this replica has stopped", stopped)
	}
	return err
}

// age is that of a leader while this node leads, and that of a follower otherwise.
func (g *Group) age() time.Duration {
	now := g.config.Now()
	r := g.reign.Load()
	if r == nil || g.halted() != nil {
		return g.fresh.Age(now)
	}
	return max(0, now.Sub(r.upto(now)))
}

// contacted notes how far the quorum's answers reach: age is read far more often.
func (g *Group) contacted() {
	if r := g.reign.Load(); r != nil {
		r.contact.Store(g.quorumContact(r.term))
	}
	g.bell.Ring()
}

// quorumContact returns the latest moment at which a quorum certainly took this node
// for its leader: of each voter, when the last request was sent that it answered. It
// returns nil for a leader that is its own quorum.
func (g *Group) quorumContact(term uint64) *time.Time {
	var contacts []time.Time
	for _, s := range g.servers() {
		switch {
		case s.Suffrage != raft.Voter:
		case string(s.ID) == string(g.config.Node):
			contacts = append(contacts, g.config.Now())
		default:
			var at time.Time
			if p := g.link.Peer(s.ID); p.Term == term {
				at = p.Contact
			}
			contacts = append(contacts, at)
		}
	}
	if len(contacts) < 2 {
		return nil
	}
	slices.SortFunc(contacts, func(a, b time.Time) int { return b.Compare(a) })
	return &contacts[len(contacts)/2]
}

// ReadIndex returns an index such that whoever has applied it sees every write that
// was acknowledged before the call: a linearizable read. Only the leader can say:
// Moved otherwise. A retry is a new exchange.
func (g *Group) ReadIndex(ctx context.Context) (roster.Index, error) {
	if g.reign.Load() == nil {
		return 0, g.moved()
	}
	round := g.reads.Join()
	select {
	case <-round.Done():
		return round.Answer()
	case <-ctx.Done():
		return 0, g.unavailable("no quorum answered in time", ctx.Err())
	case <-g.dead:
		return 0, g.unavailable("it is closing on this node", nil)
	}
}

// readIndex takes the commit index first and asks the quorum after: the other way
// round, a new leader might have committed more in between.
func (g *Group) readIndex(ctx context.Context) (roster.Index, error) {
	r := g.reign.Load()
	if r == nil {
		return 0, g.moved()
	}
	ctx, cancel := context.WithTimeout(ctx, roster.RequestDeadline)
	defer cancel()
	asked := g.config.Now()
	commit := g.raft.CommitIndex()
	if err := g.confirm(ctx, r, asked); err != nil {
		return 0, err
	}
	err := g.waitFor(ctx, &g.applied, func() bool {
		applied := g.replica.Applied()
		return commit <= applied || g.fresh.Loud(commit, applied) <= applied
	})
	if err != nil {
		return 0, g.late("the replica is behind", err)
	}
	return g.replica.Index(), nil
}

// confirm waits until a quorum of voters has answered, in the term of r, requests that
// were sent after a moment. Raft's own verification would not do: it counts the answers
// of readers too, and answers to what was sent before, which a leader that was paused
// finds waiting when it wakes up replaced.
func (g *Group) confirm(ctx context.Context, r *reign, asked time.Time) error {
	for _, s := range g.servers() {
		if s.Suffrage == raft.Voter && string(s.ID) != string(g.config.Node) {
			g.link.Probe(s.ID, r.term)
		}
	}
	err := g.waitFor(ctx, &g.bell, func() bool {
		contact := g.quorumContact(r.term)
		return g.reign.Load() != r || contact == nil || !contact.Before(asked)
	})
	if err != nil {
		return g.late("no quorum answered in time", err)
	}
	if g.raft.CurrentTerm() != r.term || g.reign.Load() != r {
		return g.moved()
	}
	return nil
}
