package moves_test

import (
	"fmt"

	"roster"
	"roster/dht/moves"
)

// A shard that is to exchange c for d goes through four voters.
func Example() {
	voters, readers := []roster.NodeID{"a", "b", "c"}, []roster.NodeID{"d"}
	always := func(roster.NodeID) bool { return true }
	for {
		step := moves.Next(moves.Group{Self: "a", Voters: voters, Readers: readers, Want: []roster.NodeID{"a", "b", "d"}, Alive: always, Ready: always})
		fmt.Println(step.Kind, step.Node)
		switch step.Kind {
		case moves.Promote:
			voters = append(voters, step.Node)
		case moves.Demote:
			voters = []roster.NodeID{"a", "b", "d"}
		default:
			return
		}
	}
	// Output:
	// promote d
	// demote c
	//
}
