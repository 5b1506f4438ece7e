package steering

import (
	"context"

	"roster"
	"roster/dht/moves"
	"roster/shard"
)

// advance stores the next map, if there is one. A ring costs milliseconds, so the same
// world is not planned twice.
func (s *Steering) advance() func(context.Context, *shard.Group) error {
	var at uint64
	var settled string
	return func(ctx context.Context, _ *shard.Group) error {
		w, err := s.world(ctx)
		if err != nil || w.Map.Version == 0 {
			return err
		}
		if w.Map.Paused && !w.Map.Still(w.Now) {
			s.c.Logger.Warn("a pause has ended by itself: who asked for it has not", "until", w.Map.PausedUntil)
			next := w.Map
			next.Paused, next.PausedUntil = false, 0
			return s.c.Propose(ctx, roster.SetMap{If: w.Map.Version, Map: next})
		}
		if at == w.Map.Version && settled == w.Settled() {
			return nil
		}
		plan, next := moves.Plan(w)
		if next.Version == w.Map.Version {
			if len(plan.Moves) == 0 {
				at, settled = w.Map.Version, w.Settled()
			}
			return nil
		}
		for _, m := range plan.Moves {
			s.c.Logger.Info("move voters", "shard", m.Shard, "add", m.Add, "remove", m.Remove, "state", m.State, "reason", m.Reason)
		}
		return s.c.Propose(ctx, roster.SetMap{If: w.Map.Version, Map: next})
	}
}

// step changes one member of g, if the map wants other voters than it has.
func (s *Steering) step(ctx context.Context, g *shard.Group) error {
	w, err := s.look()
	if err != nil {
		return err
	}
	want := wanted(w.Map, g.ID())
	voters, readers := g.Servers()
	step := moves.Next(moves.Group{Self: s.c.Self, Voters: voters, Readers: readers, Want: want, Alive: s.alive(w.Nodes), Ready: g.Ready})
	switch step.Kind {
	case moves.Promote:
		err = g.Promote(ctx, step.Node)
	case moves.Demote:
		err = g.Demote(ctx, step.Node)
	case moves.Remove:
		err = g.RemoveVoter(ctx, step.Node)
	case moves.Transfer:
		err = g.TransferLeadership(ctx, step.Node)
	default:
		return nil
	}
	s.c.Logger.Info("change a group", "step", step.Kind, "shard", g.ID(), "member", step.Node, "why", step.Why, "err", err)
	return err
}

// wanted are the voters that the map wants for a shard, the preferred leader first.
func wanted(m roster.ClusterMap, id roster.ShardID) []roster.NodeID {
	for _, s := range m.Shards {
		if s.ID == id {
			return s.Voters
		}
	}
	return nil
}
