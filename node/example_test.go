package node_test

import (
	"context"
	"fmt"
	"time"

	"roster"
	"roster/node"
)

// One node that founds a cluster of its own and keeps it in memory.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	n, err := node.Open(ctx, node.Config{Cluster: "example", Key: make([]byte, node.KeyBytes),
		Bind: "127.0.0.1:0", Expect: 1, Shards: 1, Durability: roster.DurabilityNone})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer n.Close(ctx)
	for {
		_, _, err = n.Register(ctx, roster.Register{Agent: roster.Agent{ID: "demo/translator"}})
		if roster.CodeOf(err) != roster.CodeUnavailable {
			break // until the cluster is founded, nothing is executed
		}
	}
	record, _, err := n.Lookup(ctx, "demo/translator", roster.Read{Level: roster.ReadLinearizable})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(record.ID, record.Status, record.Health.State)
	// Output: demo/translator registered passing
}
