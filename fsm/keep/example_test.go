package keep_test

import (
	"fmt"

	"roster"
	"roster/fsm/keep"
)

func Example() {
	k := keep.New()
	record := func(id roster.AgentID) *roster.Record {
		r := &roster.Record{Agent: roster.Agent{ID: id, Labels: roster.Map{{Key: "tier", Value: "gold"}}}}
		k.Keep(nil, r)
		return r
	}
	record("demo/a") // labels seen once …
	b, c := record("demo/b"), record("demo/c")
	fmt.Println(c.Labels, &b.Labels[0] == &c.Labels[0]) // … and twice
	// Output: [{tier gold}] true
}
