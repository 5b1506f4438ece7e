package node

import (
	"cmp"
	"context"
	"slices"

	"roster"
	"roster/node/afar"
)

// away reports whether a shard must be read at another node: none of it is here, or
// nothing yet, because it has only just been opened.
func (n *Node) away(id roster.ShardID) bool {
	g, held := n.router.Held(id)
	return !held || afar.Blank(g)
}

// Shards lists the shards: as the local replicas see them, and where there is none as a
// holder does.
func (n *Node) Shards(ctx context.Context) ([]roster.ShardStatus, error) {
	shards := []roster.ShardStatus{}
	var missing []roster.ShardID
	for id := range roster.ShardID(n.founder.Look().Shards + 1) {
		if g, held := n.router.Held(id); held && !afar.Blank(g) {
			shards = append(shards, g.Status())
		} else if m := n.router.Map(); m != nil {
			missing = append(missing, id)
		}
	}
	shards = append(shards, n.afar.Statuses(ctx, missing)...)
	slices.SortFunc(shards, func(a, b roster.ShardStatus) int { return cmp.Compare(a.ID, b.ID) })
	return shards, nil
}
