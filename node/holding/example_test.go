package holding_test

import (
	"context"
	"fmt"

	"roster"
	"roster/node/holding"
	"roster/node/router"
	"roster/shard"
)

// Who holds no replica of a shard cannot say who its members are.
func Example() {
	r := router.New(router.Config{Self: "n-1", Groups: func(roster.ShardID) (*shard.Group, bool) { return nil, false }})
	defer r.Close()
	_, err := holding.ServeMember(context.Background(), r, "n-2", []byte{3})
	fmt.Println(roster.CodeOf(err))
	// Output: Unavailable
}
