package steering

import (
	"cmp"
	"context"
	"slices"
	"time"

	"roster"
	"roster/dht/moves"
	"roster/node/router"
)

// triesMax bounds how often a change of the map is tried against others' changes.
const triesMax = 5

// HoldMax is how much log time a Hold lasts at most: far longer than a cut takes.
const HoldMax = 30 * time.Second

// Plan says what is moving, what is to move and why.
func (s *Steering) Plan(ctx context.Context) (roster.MovePlan, error) {
	w, err := s.world(ctx)
	if err != nil {
		return roster.MovePlan{}, err
	}
	if w.Map.Version == 0 {
		return roster.MovePlan{}, roster.Errorf(roster.CodeUnavailable, "this node does not have the cluster map yet")
	}
	plan, _ := moves.Plan(w)
	return plan, nil
}

// Drain takes every vote off a node, or lets it vote again. NotFound for a node that the
// cluster does not know, Refused for one that has left.
func (s *Steering) Drain(ctx context.Context, id roster.NodeID, on bool) error {
	return s.steer(ctx, func(w moves.World, m *roster.ClusterMap) (bool, error) {
		i := slices.IndexFunc(w.Nodes, func(n roster.NodeInfo) bool { return n.ID == id })
		switch {
		case i < 0:
			return false, roster.Errorf(roster.CodeNotFound, "no node has the id %s", id)
		case w.Nodes[i].State == roster.NodeLeft:
			return false, roster.Errorf(roster.CodeRefused, "node %s has left the cluster", id)
		case slices.Contains(m.Draining, id) == on:
			return false, nil
		}
		// Who has gone since is not drained any more.
		m.Draining = slices.DeleteFunc(slices.Clone(m.Draining), func(d roster.NodeID) bool {
			return d == id || !slices.ContainsFunc(w.Nodes, func(n roster.NodeInfo) bool { return n.ID == d && n.State != roster.NodeLeft })
		})
		if on {
			m.Draining = append(m.Draining, id)
			slices.Sort(m.Draining)
		}
		return true, nil
	})
}

// Pause stops what moves voters, or lets it go on.
func (s *Steering) Pause(ctx context.Context, paused bool) error {
	return s.steer(ctx, func(_ moves.World, m *roster.ClusterMap) (bool, error) {
		changed := m.Paused != paused || m.PausedUntil != 0
		m.Paused, m.PausedUntil = paused, 0
		return changed, nil
	})
}

// Hold stops what moves voters for a moment, unless it is stopped; release lets it go on,
// unless an operator has stopped it meanwhile. Where nobody releases it, it ends by itself
// after HoldMax of log time; in a cluster with a node that cannot read such an end, it
// does not.
func (s *Steering) Hold(ctx context.Context) (release func(context.Context) error, err error) {
	held, until := false, roster.LogTime(0)
	err = s.steer(ctx, func(w moves.World, m *roster.ClusterMap) (bool, error) {
		if held = !m.Still(w.Now); !held {
			return false, nil
		}
		if until = 0; m.Level >= 2 {
			until = w.Now + roster.LogTime(HoldMax)
		}
		m.Paused, m.PausedUntil = true, until
		return true, nil
	})
	return func(ctx context.Context) error {
		return s.steer(ctx, func(_ moves.World, m *roster.ClusterMap) (bool, error) {
			ours := held && m.Paused && m.PausedUntil == until
			if ours {
				m.Paused, m.PausedUntil = false, 0
			}
			return ours, nil
		})
	}, err
}

// Prune forgets a node that has left. NotFound for one that the cluster does not know,
// Refused for one that has not left or is to vote.
func (s *Steering) Prune(ctx context.Context, id roster.NodeID) error {
	return s.steer(ctx, func(w moves.World, m *roster.ClusterMap) (bool, error) {
		i := slices.IndexFunc(w.Nodes, func(n roster.NodeInfo) bool { return n.ID == id })
		switch {
		case slices.Contains(m.Pruned, id):
			return false, nil
		case i < 0:
			return false, roster.Errorf(roster.CodeNotFound, "no node has the id %s", id)
		case w.Nodes[i].State != roster.NodeLeft:
			return false, roster.Errorf(roster.CodeRefused, "node %s has not left: force it out first", id)
		case slices.ContainsFunc(m.Shards, func(v roster.ShardVoters) bool { return slices.Contains(v.Voters, id) }):
			return false, roster.Errorf(roster.CodeRefused, "node %s is still to vote: its votes move when there is a node to take them (roster rebalance plan)", id)
		}
		m.Draining = slices.DeleteFunc(slices.Clone(m.Draining), func(n roster.NodeID) bool { return n == id })
		m.Pruned = append(slices.Clone(m.Pruned), id)
		m.Pruned = m.Pruned[max(0, len(m.Pruned)-roster.PrunedMax):]
		return true, nil
	})
}

// Arrange changes what is wanted of where shards are. Who reads where the planner says, as
// soon as it looks.
func (s *Steering) Arrange(ctx context.Context, l roster.Layout) error {
	if err := l.Validate(); err != nil {
		return err
	}
	return s.steer(ctx, func(_ moves.World, m *roster.ClusterMap) (changed bool, _ error) {
		if l.Readers != nil && m.Readers != *l.Readers {
			m.Readers, m.Shards, changed = *l.Readers, slices.Clone(m.Shards), true
			for i := range m.Shards {
				m.Shards[i].Readers = nil
			}
		}
		if l.Spread != nil && cmp.Or(m.Spread, roster.SpreadDefault) != cmp.Or(*l.Spread, roster.SpreadDefault) {
			m.Spread, changed = *l.Spread, true
		}
		return changed, nil
	})
}

// steer changes the map where it was read.
func (s *Steering) steer(ctx context.Context, change func(moves.World, *roster.ClusterMap) (changed bool, err error)) error {
	var err error
	if s.c.Fresh != nil { // or a stale replica would say that nothing is to be changed
		if err = s.c.Fresh(ctx); err != nil {
			return err
		}
	}
	for range triesMax {
		var w moves.World
		if w, err = s.look(); err != nil {
			return err
		}
		next := w.Map
		changed, refusal := change(w, &next)
		if refusal != nil || !changed {
			return refusal
		}
		if err = s.c.Propose(ctx, roster.SetMap{If: w.Map.Version, Map: next}); roster.CodeOf(err) != roster.CodeConflict {
			return err
		}
		if !router.Wait(ctx, lookEvery/5) { // until this replica has what came between
			return ctx.Err()
		}
	}
	return err
}
