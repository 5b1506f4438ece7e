package find_test

import (
	"context"
	"fmt"

	"roster"
	"roster/node/find"
	"roster/node/router"
)

// A node that has not met its cluster finds nothing, and says why.
func Example() {
	source := find.Source{Shards: func() ([]roster.ShardID, error) { return nil, router.ErrNoCluster }}
	_, err := find.Page(context.Background(), source, roster.Query{})
	fmt.Println(roster.CodeOf(err))
	_, err = find.Page(context.Background(), source, roster.Query{Filter: "id =="})
	fmt.Println(roster.CodeOf(err))
	// Output:
	// Unavailable
	// Invalid
}
