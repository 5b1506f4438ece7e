package node

import (
	"context"

	"roster"
	"roster/node/find"
)

// Find merges one page from all shards; package find says how.
func (n *Node) Find(ctx context.Context, q roster.Query) (roster.Page, error) {
	return find.Page(ctx, find.Source{Shards: n.router.AgentShards, Ready: n.ready, Ring: n.router.Ring, Away: n.away, Afar: n.afar}, q)
}
