package figures_test

import (
	"fmt"
	"testing"

	"roster"
	"roster/fsm"
)

// A local read takes no lock and allocates nothing, however many agents there are.
func Example() {
	m := fsm.New(1)
	m.Apply(roster.Entry{Shard: 1, Ops: []roster.Op{{Command: roster.Register{Agent: sample(7)}}}})
	id := sample(7).ID
	fmt.Println(testing.AllocsPerRun(100, func() { m.Lookup(id) }))
	// Output: 0
}
