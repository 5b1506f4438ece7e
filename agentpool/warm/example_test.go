package warm_test

import (
	"context"
	"fmt"

	"roster/agentpool/warm"
	"roster/agentpool/warm/canary"
)

// notebook is dear to have and holds what its user writes.
type notebook struct{ lines []string }

func Example() {
	ctx := context.Background()
	pool := warm.New(warm.Config[*notebook]{Name: "notebooks", Target: 1, Max: 2,
		Make: func(context.Context) (*notebook, error) { return &notebook{}, nil },
		Reset: func(_ context.Context, n *notebook) error {
			clear(n.lines)
			n.lines = n.lines[:0]
			return nil
		}})

	first, _ := pool.Claim(ctx)
	second, _ := pool.Claim(ctx)
	_, err := pool.Claim(ctx)
	fmt.Println(err)

	mark := canary.Mark()
	first.Value.lines = append(first.Value.lines, mark)
	fmt.Println(canary.Find(first.Value, mark))
	first.Release()
	second.Discard()
	fmt.Println(pool.Close(ctx), canary.Find(first.Value, mark))
	// Output:
	// the pool of notebooks is full: all of its 2 are in use
	// [v.lines[0]]
	// <nil> []
}
