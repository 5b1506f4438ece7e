package founding_test

import (
	"context"
	"fmt"
	"log/slog"

	"roster"
	"roster/node/founding"
)

// A node that expects nobody else founds a cluster of its own.
func Example() {
	c := founding.Config{Cluster: "example", Name: "solo", Durability: roster.DurabilityNone, Expect: 1, Shards: 8,
		Logger: slog.New(slog.DiscardHandler)}
	id, err := founding.LoadIdentity(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	c.Alive = func() []roster.NodeID { return []roster.NodeID{id.NodeID} }
	f := founding.New(id, c)
	if err := f.Meet(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	now := f.Look()
	fmt.Println(now.ClusterID != "", now.Shards, len(now.Founding.Members))
	// Output: true 8 1
}
