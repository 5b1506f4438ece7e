package steering

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

// yield hands the leadership of g to the leader that the cluster map prefers, as soon as
// that node is fit to lead, so that leaders stay spread evenly over the nodes although
// every failure moves them to the survivors.
func (s *Steering) yield(ctx context.Context, g *shard.Group) error {
	fitSince := time.Time{}
	for router.Wait(ctx, balanceEvery) {
		preferred := s.preferred(g)
		if preferred == "" {
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
			s.c.Logger.Debug("hand over leadership", "shard", g.ID(), "to", preferred, "err", err)
		}
	}
	return nil
}

// preferred is the node that should lead g instead of this one: the first voter that the
// map names, if it votes and lives; "" while there is none.
func (s *Steering) preferred(g *shard.Group) roster.NodeID {
	w, err := s.look()
	want := wanted(w.Map, g.ID())
	if err != nil || len(want) == 0 || want[0] == s.c.Self {
		return ""
	}
	if voters, _ := g.Servers(); !slices.Contains(voters, want[0]) || !s.alive(w.Nodes)(want[0]) {
		return ""
	}
	return want[0]
}
