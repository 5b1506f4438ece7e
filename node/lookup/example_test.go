package lookup_test

import (
	"context"
	"fmt"

	"roster"
	"roster/node/lookup"
	"roster/node/router"
	"roster/shard"
)

// A node that has not met its cluster knows nobody, and says so.
func Example() {
	r := router.New(router.Config{Self: "n-1", Groups: func(roster.ShardID) (*shard.Group, bool) { return nil, false }})
	defer r.Close()
	l := lookup.Lookups{Router: r}
	_, _, err := l.One(context.Background(), "demo/a", roster.Read{})
	fmt.Println(roster.CodeOf(err))
	_, _, err = l.Batch(context.Background(), []roster.AgentID{"no id"}, roster.Read{})
	fmt.Println(roster.CodeOf(err))
	// Output:
	// Unavailable
	// Invalid
}
