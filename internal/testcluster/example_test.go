package testcluster_test

import (
	"context"
	"fmt"

	"roster/internal/memservice"
	"roster/internal/testcluster"
)

// A history of a service that forgets nothing is linearizable.
func Example() {
	s := memservice.New(memservice.Config{Shards: 2})
	defer s.Close()
	ctx := context.Background()
	h := testcluster.NewHistory()
	for _, value := range []string{"one", "two"} {
		if err := h.Put(ctx, s, "load/r0", value); err != nil {
			fmt.Println(err)
		}
	}
	value, err := h.Get(ctx, s, "load/r0")
	fmt.Println(value, err, h.Certain(), h.Check())
	// Output: two <nil> 3 <nil>
}
