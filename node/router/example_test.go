package router_test

import (
	"context"
	"fmt"

	"roster"
	"roster/node/router"
	"roster/shard"
)

// A router that has not met a cluster executes nothing, and says so.
func Example() {
	r := router.New(router.Config{Self: "n-1", Groups: func(roster.ShardID) (*shard.Group, bool) { return nil, false }})
	defer r.Close()
	_, err := r.ShardOf(roster.AgentID("demo/a").Key())
	fmt.Println(roster.CodeOf(err))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = r.Propose(ctx, roster.SystemShard, roster.Tick{})
	fmt.Println(roster.CodeOf(err))
	// Output:
	// Unavailable
	// Unavailable
}
