package digests_test

import (
	"context"
	"fmt"
	"log/slog"

	"roster/node/digests"
	"roster/shard"
	"roster/shard/digest"
)

// A node without replicas has nothing to compare, and nothing to tell.
func Example() {
	d := digests.New(digests.Config{Self: "n-1", Groups: func() []*shard.Group { return nil }, Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	windows, err := digest.Parse(d.Serve())
	fmt.Println(d.Run(ctx), len(windows), err)
	// Output: <nil> 0 <nil>
}
