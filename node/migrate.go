package node

import (
	"context"

	"roster"
	"roster/node/router"
	"roster/shard/logstore"
)

// MigrateStore moves logs of this node's shards into another store while they work.
func (n *Node) MigrateStore(ctx context.Context, to string) (roster.StoreMoves, error) {
	ctx, cancel := router.WithDeadline(ctx)
	defer cancel()
	return n.host.Stores().MoveAll(ctx, logstore.Kind(to))
}
