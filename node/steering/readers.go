package steering

import (
	"context"
	"slices"

	"roster"
	"roster/shard"
)

// tend makes every live node that does not vote in g a reader of it, and removes the
// readers that have left, one change at a time.
func (s *Steering) tend(ctx context.Context, g *shard.Group) error {
	w, err := s.look()
	if err != nil {
		return err
	}
	voters, readers := g.Servers()
	enter, leave := readerChanges(w.Nodes, voters, readers)
	for _, id := range enter {
		if err := g.AddReader(ctx, id); err != nil {
			return err
		}
	}
	for _, id := range leave {
		if err := g.RemoveReader(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// readerChanges returns which nodes should become readers, and which readers go.
func readerChanges(nodes []roster.NodeInfo, voters, readers []roster.NodeID) (enter, leave []roster.NodeID) {
	for _, node := range nodes {
		reader := slices.Contains(readers, node.ID)
		switch {
		case node.State == roster.NodeAlive && !reader && !slices.Contains(voters, node.ID):
			enter = append(enter, node.ID)
		case node.State == roster.NodeLeft && reader:
			leave = append(leave, node.ID)
		}
	}
	return enter, leave
}
