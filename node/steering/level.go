package steering

import (
	"context"
	"slices"

	"roster"
	"roster/shard"
)

// raise returns what lets the cluster's level of commands rise to what every node can
// apply. A node that is down, or only known to gossip, holds it where it is.
func (s *Steering) raise() func(context.Context, *shard.Group) error {
	var told []roster.NodeID
	return func(ctx context.Context, _ *shard.Group) error {
		w, err := s.look()
		if err != nil || w.Map.Version == 0 || w.Map.Level >= s.c.Level {
			return err
		}
		level, below := agreeable(w.Nodes, s.c.Levels(), s.c.Level)
		if level <= max(w.Map.Level, 1) {
			if !slices.Equal(told, below) {
				s.c.Logger.Info("the level of commands waits", "at", max(w.Map.Level, 1), "want", s.c.Level, "for", below)
				told = below
			}
			return nil
		}
		next := w.Map
		next.Level = level
		err = s.c.Propose(ctx, roster.SetMap{If: w.Map.Version, Map: next})
		s.c.Logger.Info("raise the level of commands", "to", level, "err", err)
		return err
	}
}

// agreeable returns the highest level, at most want, that all can apply: the nodes that
// have not left, of which each has to be seen, and whoever else is seen. below are those
// that keep it from want, by id.
func agreeable(nodes []roster.NodeInfo, seen map[roster.NodeID]int, want int) (level int, below []roster.NodeID) {
	level = want
	for id, can := range seen { // order-free: a minimum, and sorted below
		if can < want {
			level, below = min(level, can), append(below, id)
		}
	}
	for _, n := range nodes {
		if _, ok := seen[n.ID]; !ok && n.State != roster.NodeLeft {
			level, below = 0, append(below, n.ID)
		}
	}
	slices.Sort(below)
	return level, below
}
