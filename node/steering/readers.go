package steering

import (
	"context"

	"roster/dht/moves"
	"roster/shard"
)

// tend makes those nodes readers of g that the map wants to hold it and that do not vote,
// newcomers among them, and removes the readers that are not wanted, one change at a time.
func (s *Steering) tend(ctx context.Context, g *shard.Group) error {
	w, err := s.look()
	if err != nil || w.Map.Version == 0 {
		return err
	}
	voters, readers := g.Servers()
	enter, leave := moves.Readers(w, g.ID(), voters, readers)
	for _, id := range enter {
		if err := g.AddReader(ctx, id); err != nil {
			return err
		}
	}
	for _, id := range leave {
		if err := g.RemoveReader(ctx, id); err != nil {
			return err
		}
		s.c.Logger.Info("a node reads no more", "shard", g.ID(), "member", id)
	}
	return nil
}
