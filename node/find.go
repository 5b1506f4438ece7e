package node

import (
	"context"

	"roster"
	"roster/node/find"
)

// Find merges one page from the local replicas; package find says how.
func (n *Node) Find(ctx context.Context, q roster.Query) (roster.Page, error) {
	return find.Page(ctx, find.Source{Shards: n.router.AgentShards, Ready: n.ready, Ring: n.router.Ring}, q)
}
