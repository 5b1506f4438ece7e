package lease_test

import (
	"context"
	"fmt"
	"log/slog"

	"roster"
	"roster/node/lease"
	"roster/node/router"
	"roster/shard"
)

// A lease that nobody has acknowledged is not held.
func Example() {
	r := router.New(router.Config{Groups: func(roster.ShardID) (*shard.Group, bool) { return nil, false }})
	l := lease.New(r, func() roster.NodeInfo { return roster.NodeInfo{ID: "n-1"} }, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	fmt.Println(l.Run(ctx), l.Held())
	// Output: <nil> false
}
