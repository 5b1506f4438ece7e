package shard

import (
	"context"
	"errors"
	"slices"

	"github.com/hashicorp/raft"

	"roster"
)

// transferLag is how many entries a voter may be behind to be handed the leadership.
const transferLag = 64

var errStuckTransfer = errors.New("a leadership transfer does not end, so Raft takes no entry (hashicorp/raft issue 696): restart this node")

// servers returns the latest configuration, committed or not.
func (g *Group) servers() []raft.Server {
	return g.raft.GetConfiguration().Configuration().Servers
}

func (g *Group) server(id roster.NodeID) (raft.Server, bool) {
	all := g.servers()
	i := slices.IndexFunc(all, func(s raft.Server) bool { return string(s.ID) == string(id) })
	if i < 0 {
		return raft.Server{}, false
	}
	return all[i], true
}

// Servers returns the members of the group as this replica knows them, by id.
func (g *Group) Servers() (voters, readers []roster.NodeID) {
	voters, readers = []roster.NodeID{}, []roster.NodeID{}
	for _, s := range g.servers() {
		if s.Suffrage == raft.Voter {
			voters = append(voters, roster.NodeID(s.ID))
		} else {
			readers = append(readers, roster.NodeID(s.ID))
		}
	}
	slices.Sort(voters)
	slices.Sort(readers)
	return voters, readers
}

// AddReader adds a member that receives the log but neither votes nor counts. It does
// nothing when node is a member already. Leader only, like all changes of members:
// Moved elsewhere, Unknown when the change may have been made.
func (g *Group) AddReader(ctx context.Context, node roster.NodeID) error {
	return g.change(ctx, func() (raft.IndexFuture, error) {
		if _, ok := g.server(node); ok {
			return nil, nil
		}
		return g.raft.AddNonvoter(raft.ServerID(node), raft.ServerAddress(node), 0, enqueueMax), nil
	})
}

// RemoveReader removes a member that does not vote. It does nothing when node is no
// member; a voter is Refused.
func (g *Group) RemoveReader(ctx context.Context, node roster.NodeID) error {
	return g.change(ctx, func() (raft.IndexFuture, error) {
		s, ok := g.server(node)
		if !ok {
			return nil, nil
		}
		if s.Suffrage == raft.Voter {
			return nil, roster.Errorf(roster.CodeRefused, "node %s votes in shard %v: only readers can be removed", node, g.id)
		}
		return g.raft.RemoveServer(s.ID, 0, enqueueMax), nil
	})
}

// Promote gives a reader that has caught up a vote. It does nothing when node votes
// already; Refused for one that is no reader or is behind.
func (g *Group) Promote(ctx context.Context, node roster.NodeID) error {
	return g.change(ctx, func() (raft.IndexFuture, error) {
		s, ok := g.server(node)
		switch {
		case ok && s.Suffrage == raft.Voter:
			return nil, nil
		case !ok || !g.Ready(node):
			return nil, roster.Errorf(roster.CodeRefused, "node %s is no reader of shard %v that has caught up", node, g.id)
		}
		return g.raft.AddVoter(s.ID, s.Address, 0, enqueueMax), nil
	})
}

// Demote makes a voter a reader. It does nothing when node does not vote; Refused for
// this node, which must hand over its leadership first.
func (g *Group) Demote(ctx context.Context, node roster.NodeID) error {
	return g.unseat(ctx, node, func(id raft.ServerID) raft.IndexFuture { return g.raft.DemoteVoter(id, 0, enqueueMax) })
}

// RemoveVoter removes a voter that is dead: Demote would go on talking to it.
func (g *Group) RemoveVoter(ctx context.Context, node roster.NodeID) error {
	return g.unseat(ctx, node, func(id raft.ServerID) raft.IndexFuture { return g.raft.RemoveServer(id, 0, enqueueMax) })
}

func (g *Group) unseat(ctx context.Context, node roster.NodeID, how func(raft.ServerID) raft.IndexFuture) error {
	return g.change(ctx, func() (raft.IndexFuture, error) {
		s, ok := g.server(node)
		switch {
		case !ok || s.Suffrage != raft.Voter:
			return nil, nil
		case node == g.config.Node:
			return nil, roster.Errorf(roster.CodeRefused, "node %s leads shard %v: it hands over before it gives up its vote", node, g.id)
		}
		return how(s.ID), nil
	})
}

// Ready reports whether a member answers this leader and has nearly all that it has.
func (g *Group) Ready(node roster.NodeID) bool {
	r := g.reign.Load()
	return r != nil && (node == g.config.Node || g.fit(r, node) == nil)
}

func (g *Group) change(ctx context.Context, begin func() (raft.IndexFuture, error)) error {
	free, err := g.handover.Take(ctx)
	if err != nil {
		return g.unavailable("another change is under way", err)
	}
	defer free()
	r := g.reign.Load()
	if r == nil {
		return g.moved()
	}
	future, err := begin()
	if err != nil || future == nil {
		return err
	}
	err = g.fate(g.await(ctx, future))
	if err == nil {
		g.link.Nudge(future.Index(), r.term)
	}
	return err
}

// TransferLeadership hands leadership to a voter that is up to date and returns when
// this node leads no more. Writes wait meanwhile. It gives up after two election
// time-outs; Refused when to does not vote or does not catch up in that time,
// Unavailable when the transfer failed: both may be tried again.
func (g *Group) TransferLeadership(ctx context.Context, to roster.NodeID) error {
	free, err := g.handover.Take(ctx)
	if err != nil {
		return g.unavailable("another change is under way", err)
	}
	defer free()
	r := g.reign.Load()
	if r == nil {
		return g.moved()
	}
	if to == g.config.Node {
		return nil
	}
	if s, ok := g.server(to); !ok || s.Suffrage != raft.Voter {
		return roster.Errorf(roster.CodeRefused, "node %s does not vote in shard %v", to, g.id)
	}
	ctx, cancel := context.WithTimeout(ctx, 2*g.timing.Election)
	defer cancel()
	var unfit error
	if g.bell.Wait(ctx, func() bool { unfit = g.fit(r, to); return unfit == nil }) != nil {
		return unfit
	}
	end := g.handover.Begin()
	defer end()
	// A Raft that ends may forget the future of a transfer, so nobody waits for that. It
	// gives up after an election time-out.
	g.raft.LeadershipTransferToServer(raft.ServerID(to), raft.ServerAddress(to))
	ctx, cancel = context.WithTimeout(ctx, g.timing.Election)
	defer cancel()
	if err := g.waitFor(ctx, &g.bell, func() bool { return g.reign.Load() != r }); err != nil {
		return g.unavailable("leadership was not handed over", err)
	}
	return nil
}

// fit refuses a target for which Raft's transfer is known to hang or to fail.
func (g *Group) fit(r *reign, to roster.NodeID) error {
	p := g.link.Peer(raft.ServerID(to))
	if p.Term != r.term || g.config.Now().Sub(p.Contact) > g.timing.Lease {
		return roster.Errorf(roster.CodeRefused, "node %s does not answer in shard %v", to, g.id)
	}
	if p.Match+transferLag < g.raft.LastIndex() {
		return roster.Errorf(roster.CodeRefused, "node %s is %d entries behind in shard %v", to, g.raft.LastIndex()-p.Match, g.id)
	}
	return nil
}

// watchTransfer sees a transfer that never ends: entries are refused for longer than
// any transfer takes. Raft cannot clear that state, so this server leads no more.
func (g *Group) watchTransfer(err error) {
	blocked := errors.Is(err, raft.ErrLeadershipTransferInProgress)
	if g.handover.Stuck(blocked, g.config.Now(), 3*g.timing.Election) {
		g.link.Mute()
		g.report(trouble{err: errStuckTransfer})
	}
}
