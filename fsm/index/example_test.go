package index_test

import (
	"fmt"

	"roster"
	"roster/fsm/index"
	"roster/query"
)

func Example() {
	x := index.New()
	for _, id := range []roster.AgentID{"demo/planner", "demo/translator", "prod/planner"} {
		r := &roster.Record{Agent: roster.Agent{ID: id}, Health: roster.Health{State: roster.Passing}}
		x.Replace(nil, r)
	}
	demo := x.List(query.Term{Field: query.FieldNamespace, Values: []string{"demo"}})
	well := x.List(query.Term{Field: query.FieldHealth, Values: []string{"passing"}})
	lists := []*index.List{demo, well}
	for id, ok := index.Common(lists, "", false); ok; id, ok = index.Common(lists, id, true) {
		fmt.Println(id)
	}
	fmt.Println(x.Prefix("plan"))
	// Output:
	// demo/planner
	// demo/translator
	// [demo/planner prod/planner]
}
