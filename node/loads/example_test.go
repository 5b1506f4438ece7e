package loads_test

import (
	"context"
	"fmt"

	"roster"
	"roster/node/loads"
	"roster/placement"
)

func Example() {
	other := loads.New(loads.Config{Self: "n2", Own: func() loads.Load {
		return loads.Load{Total: placement.Resources{CPU: 4000}, Used: map[roster.ShardID]placement.Usage{1: {Agents: 3}, 2: {Agents: 4}}}
	}})
	call := func(_ context.Context, to roster.NodeID, _ uint8, _ []byte) ([]byte, error) {
		if to != "n2" {
			return nil, roster.Errorf(roster.CodeUnavailable, "no answer")
		}
		return other.Serve()
	}
	l := loads.New(loads.Config{Self: "n1", Own: func() loads.Load { return loads.Load{Total: placement.Resources{CPU: 2000}} }, Call: call})
	known := l.Of(context.Background(), []roster.NodeID{"n1", "n2", "n3"})
	n2 := known["n2"]
	fmt.Println(len(known), known["n1"].Total.CPU, n2.Total.CPU, n2.Others(1).Agents)
	// Output: 2 2000 4000 4
}
