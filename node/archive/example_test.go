package archive_test

import (
	"context"
	"fmt"
	"io"

	"roster"
	"roster/node/archive"
	"roster/node/router"
	"roster/shard"
)

// A node that has not met its cluster has nothing to archive, and says so.
func Example() {
	r := router.New(router.Config{Self: "n-1", Groups: func(roster.ShardID) (*shard.Group, bool) { return nil, false }})
	defer r.Close()
	a := archive.New(archive.Config{Router: r, Shards: func() int { return 1 },
		Hold: func(context.Context) (func(context.Context) error, error) { return nil, nil }})
	fmt.Println(roster.CodeOf(a.Backup(context.Background(), io.Discard)))
	// Output: Unavailable
}
