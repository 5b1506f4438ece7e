package table_test

import (
	"fmt"

	"roster"
	"roster/fsm/table"
)

func Example() {
	t := table.New()
	t.Put(&roster.Record{Agent: roster.Agent{ID: "demo/planner"}, Revision: 7}) // the record first …
	t.Publish(7)                                                                // … the index last

	at := t.Index() // a reader the other way round
	r, ok := t.Get("demo/planner")
	fmt.Println(at, r.Revision, ok)
	// Output: 7 7 true
}
