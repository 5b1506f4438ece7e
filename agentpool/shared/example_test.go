package shared_test

import (
	"context"
	"fmt"

	"roster/agentpool/shared"
)

func Example() {
	ctx := context.Background()
	load := func(context.Context) ([]byte, error) {
		fmt.Println("loading")
		return []byte("a large list"), nil
	}
	node := shared.New(shared.Bounds{Bytes: 1 << 20})
	one, two := node.Holder(), node.Holder() // of two agents; theirs is Self.Shared
	a, release, _ := one.Get(ctx, "words@v3", load)
	b, _, _ := two.Get(ctx, "words@v3", load)
	fmt.Println(&a[0] == &b[0])
	release()
	fmt.Println(node.Usage())
	two.Close() // the node does so when an agent ends
	fmt.Println(node.Usage())
	// Output:
	// loading
	// true
	// 1 12
	// 0 0
}
