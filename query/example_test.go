package query_test

import (
	"fmt"
	"roster"
	"roster/query"
)

// A query is compiled once. Its terms tell an index where to look, and Match has
// the last word on every record found there.
func Example() {
	q, err := query.Compile(roster.Query{
		Namespaces: []string{"demo"},
		Filter:     `"planner" in capabilities and labels.tier in ["gold", "silver"] and not (description is empty)`,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	record := &roster.Record{
		Agent: roster.Agent{
			ID:           "demo/planner-1",
			Capabilities: []roster.Capability{{Name: "planner", Version: "2"}},
			Labels:       roster.MapOf(map[string]string{"tier": "gold"}),
			Description:  "plans trips",
		},
		Health: roster.Health{State: roster.Passing},
	}
	for _, t := range q.Terms() {
		fmt.Println(t.Field, t.Values)
	}
	fmt.Println(q.Match(record))
	// Output:
	// namespace [demo]
	// capability [planner]
	// label [tier=gold tier=silver]
	// true
}

// A faulty filter is refused with the place and with what would be right there.
func ExampleCompile_position() {
	_, err := query.Compile(roster.Query{Filter: `status = running`})
	e := err.(*roster.Error)
	fmt.Println(e.Position, e)
	// Output: 8 filter: a single "=": want "==" to compare
}
