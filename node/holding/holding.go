package holding

import (
	"context"
	"encoding/binary"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"roster"
	"roster/dht/moves"
	"roster/node/founding"
	"roster/node/router"
	"roster/shard"
	"roster/shard/pledge"
)

// MethodMember asks the leader of a shard whether the caller is a member of its group. Its
// number is part of the protocol between nodes.
const MethodMember uint8 = 11

const (
	lookEvery = 250 * time.Millisecond
	// unwantedFor is how long a replica is unwanted before anything is done about it, so
	// that a map that is about to be replaced closes nothing.
	unwantedFor = 2 * time.Second
	// shutWithin bounds the closing of one replica.
	shutWithin = 10 * time.Second
	// askAgain is how long a closed replica waits for the leader's word before it is
	// opened again.
	askAgain = 10 * time.Second
)

// Config says whose replicas are held. All is needed.
type Config struct {
	Host    *shard.Host
	Founder *founding.Founder
	Router  *router.Router
	Logger  *slog.Logger
	// Work is what goes on in a replica that is open, until ctx ends.
	Work func(ctx context.Context, g *shard.Group) error
	// Fault makes of an error of opening what the node stops with.
	Fault func(roster.ShardID, error) error
}

// Holding holds one node's replicas. Make one with New.
type Holding struct {
	c        Config
	work     sync.WaitGroup
	end      map[roster.ShardID]context.CancelFunc // of what goes on in each open replica
	unwanted map[roster.ShardID]time.Time          // since when
}

// New returns a Holding that does nothing until Run.
func New(c Config) *Holding {
	return &Holding{c: c, end: map[roster.ShardID]context.CancelFunc{}, unwanted: map[roster.ShardID]time.Time{}}
}

// Restore finishes what a crash has interrupted, before any replica is opened: it deletes
// what was being deleted, and lists as absent no shard that had begun to be held.
func Restore(f *founding.Founder, h *shard.Host) error {
	id := f.Look()
	for _, s := range id.Leaving.All() {
		if err := forget(f, h, s, pledge.Pledge{}); err != nil { // the pledge is on disk
			return err
		}
	}
	return f.Change(func(id *founding.Identity) error {
		for _, s := range id.Absent.All() {
			if id.Durability == roster.DurabilitySync && h.Stores().Present(s) == nil {
				id.Absent = id.Absent.Without(s)
			}
		}
		return nil
	})
}

// forget deletes what is here of a shard that is closed and of which this node is no member,
// once what it has promised there is kept elsewhere.
func forget(f *founding.Founder, h *shard.Host, s roster.ShardID, p pledge.Pledge) error {
	if err := f.Change(func(id *founding.Identity) error {
		id.Leaving = id.Leaving.With(s)
		all := maps.Clone(id.Pledges)
		if all == nil {
			all = map[roster.ShardID]pledge.Pledge{}
		}
		all[s] = all[s].With(p)
		id.Pledges = all
		return nil
	}); err != nil {
		return err
	}
	if err := h.Stores().Forget(s); err != nil {
		return err
	}
	return f.Change(func(id *founding.Identity) error {
		id.Leaving, id.Absent = id.Leaving.Without(s), id.Absent.With(s)
		return nil
	})
}

// Run keeps what is held at what the map wants until ctx ends. Its error is one for which
// the node must stop.
func (h *Holding) Run(ctx context.Context) error {
	defer h.work.Wait()
	for _, g := range h.c.Host.Groups() {
		h.begin(ctx, g)
	}
	for {
		if m := h.c.Router.Map(); m != nil {
			if err := h.follow(ctx, m); err != nil {
				return err
			}
		}
		if !router.Wait(ctx, lookEvery) {
			return nil
		}
	}
}

// begin lets the work of an open replica go on.
func (h *Holding) begin(ctx context.Context, g *shard.Group) {
	ctx, cancel := context.WithCancel(ctx)
	h.end[g.ID()] = cancel
	h.work.Go(func() {
		if err := h.c.Work(ctx, g); err != nil && ctx.Err() == nil {
			h.c.Logger.Warn("the work of a replica has ended", "shard", g.ID(), "err", err)
		}
	})
}

// follow opens what is wanted, and then looks after what is not.
func (h *Holding) follow(ctx context.Context, m *roster.ClusterMap) error {
	leaving := h.c.Founder.Look().Leaving
	for _, s := range m.Shards {
		_, open := h.c.Host.Group(s.ID)
		var err error
		switch wanted := moves.Wanted(*m, s.ID, h.c.Router.Self()); {
		case leaving.Has(s.ID):
			err = h.forget(ctx, s.ID, pledge.Pledge{})
		case !wanted && h.unwanted[s.ID].IsZero():
			h.unwanted[s.ID] = time.Now()
		case wanted:
			delete(h.unwanted, s.ID)
			if !open {
				err = h.take(ctx, s.ID)
			}
		}
		if err != nil {
			return err
		}
	}
	for s, since := range h.unwanted {
		if _, open := h.c.Host.Group(s); open && time.Since(since) >= unwantedFor {
			h.unwanted[s] = time.Now() // until the next try
			return h.give(ctx, s)      // one at a time: what is wanted comes first
		}
	}
	return nil
}

// take opens a replica. That it is held is on disk before this is said to anybody, and
// after its files are: see Restore.
func (h *Holding) take(ctx context.Context, s roster.ShardID) error {
	g, err := h.c.Host.Open(ctx, s, nil)
	if err == nil {
		err = h.c.Founder.Change(func(id *founding.Identity) error {
			id.Absent = id.Absent.Without(s)
			return nil
		})
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return h.c.Fault(s, err)
	}
	h.c.Logger.Info("holds a shard", "shard", s)
	h.begin(ctx, g)
	return nil
}

// give closes a replica that this node is to hold no more and forgets it, as soon as its
// leader says that this node is no member.
func (h *Holding) give(ctx context.Context, s roster.ShardID) error {
	if !h.stranger(ctx, s, router.AttemptWithin) {
		return nil // the leader has still to move the vote or to remove the reader
	}
	g, _ := h.c.Host.Group(s)
	h.end[s]()
	shut, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutWithin)
	defer cancel()
	p, err := h.c.Host.Shut(shut, s)
	if err != nil {
		if roster.CodeOf(err) == roster.CodeConflict { // its log is being moved
			h.begin(ctx, g)
			return nil
		}
		return h.c.Fault(s, err)
	}
	if !h.stranger(ctx, s, askAgain) {
		if ctx.Err() != nil {
			return nil // the next start opens it as it was
		}
		return h.take(ctx, s)
	}
	return h.forget(ctx, s, p)
}

// forget forgets a replica that is closed. What cannot be done now is done in the next
// round, or by the next start.
func (h *Holding) forget(ctx context.Context, s roster.ShardID, p pledge.Pledge) error {
	err := forget(h.c.Founder, h.c.Host, s, p)
	switch {
	case err == nil:
		h.c.Logger.Info("holds a shard no more", "shard", s)
	case roster.CodeOf(err) != roster.CodeConflict && ctx.Err() == nil:
		return h.c.Fault(s, err)
	}
	return nil
}

// stranger reports whether the leader of a shard says, within a time, that this node is no
// member of its group. No answer is no.
func (h *Holding) stranger(ctx context.Context, s roster.ShardID, within time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	answer, err := h.c.Router.Ask(ctx, s, MethodMember, binary.AppendUvarint(nil, uint64(s)))
	return err == nil && len(answer) == 1 && answer[0] == 0
}

// ServeMember answers MethodMember where this node leads: the members are looked at before
// a quorum confirms that it leads, so no other leader has made the caller a member by then.
func ServeMember(ctx context.Context, r *router.Router, from roster.NodeID, body []byte) ([]byte, error) {
	id, n := binary.Uvarint(body)
	if n <= 0 || n != len(body) {
		return nil, roster.Errorf(roster.CodeInternal, "malformed message between nodes: do all nodes run compatible versions?")
	}
	g, err := r.Group(roster.ShardID(id))
	if err != nil {
		return nil, err
	}
	voters, readers := g.Servers()
	if _, err := g.ReadIndex(ctx); err != nil {
		return nil, err
	}
	if slices.Contains(voters, from) || slices.Contains(readers, from) {
		return []byte{1}, nil
	}
	return []byte{0}, nil
}
