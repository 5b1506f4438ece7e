package table_test

import (
	"fmt"

	"roster"
	"roster/fsm/table"
)

func Example() {
	roll := table.NewRoll()
	t := table.New(roll)
	ordinal := roll.Put(&roster.Record{Agent: roster.Agent{ID: "demo/planner"}, Revision: 5})
	t.Publish(5)
	r, ok := t.Get("demo/planner")
	fmt.Println(t.Index(), r.Revision, ok, roll.At(ordinal) == r)
	// Output: 5 5 true true
}
