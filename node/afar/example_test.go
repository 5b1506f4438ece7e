package afar_test

import (
	"context"
	"fmt"
	"time"

	"roster"
	"roster/node/afar"
	"roster/node/router"
	"roster/shard"
)

// Where no holder of a shard is known, nobody can be asked.
func Example() {
	r := router.New(router.Config{Self: "n-1", Groups: func(roster.ShardID) (*shard.Group, bool) { return nil, false }})
	defer r.Close()
	a := afar.New(afar.Config{Router: r})
	defer a.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, _, err := a.Lookup(ctx, 3, []roster.AgentID{"demo/a"}, roster.Read{})
	fmt.Println(roster.CodeOf(err))
	// Output: Unavailable
}
