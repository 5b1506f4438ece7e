package node

import (
	"context"
	"slices"
	"time"

	"roster"
	"roster/node/router"
	"roster/shard"
)

// A leader looks every balanceEvery whether the map prefers another leader, and hands
// over when that one has been ready for balanceAfter: long enough that a node that
// comes and goes is not handed anything.
const (
	balanceEvery = time.Second
	balanceAfter = 5 * time.Second
)

// yieldLead hands the leadership of g to the leader that the cluster map prefers, as
// soon as that node is fit to lead, so that leaders stay spread evenly over the nodes
// although every failure moves them to the survivors.
func (n *Node) yieldLead(ctx context.Context, g *shard.Group) error {
	fitSince := time.Time{}
	for router.Wait(ctx, balanceEvery) {
		preferred := n.preferredLeader(g.ID())
		if preferred == n.ID() || !n.fitToLead(g, preferred) {
			fitSince = time.Time{}
			continue
		}
		if fitSince.IsZero() {
			fitSince = time.Now()
		}
		if time.Since(fitSince) < balanceAfter {
			continue
		}
		fitSince = time.Time{}
		if err := g.TransferLeadership(ctx, preferred); err != nil {
			n.log.Debug("hand over leadership", "shard", g.ID(), "to", preferred, "err", err)
		}
	}
	return nil
}

// preferredLeader is the first voter that the map names for a shard; this node when
// the map names none.
func (n *Node) preferredLeader(id roster.ShardID) roster.NodeID {
	if m := n.router.Map(); m != nil {
		for _, s := range m.Shards {
			if s.ID == id && len(s.Voters) > 0 {
				return s.Voters[0]
			}
		}
	}
	return n.ID()
}

// fitToLead reports whether a node votes in g and lives, by gossip and by its lease.
func (n *Node) fitToLead(g *shard.Group, id roster.NodeID) bool {
	voters, _ := g.Servers()
	if !slices.Contains(voters, id) || !slices.Contains(n.aliveIDs(), id) {
		return false
	}
	nodes, err := n.knownNodes()
	return err == nil && slices.ContainsFunc(nodes, func(known roster.NodeInfo) bool {
		return known.ID == id && known.State == roster.NodeAlive
	})
}
