package index_test

import (
	"fmt"

	"github.com/tidwall/btree"

	"roster"
	"roster/fsm/index"
	"roster/query"
)

func Example() {
	x := index.New()
	var records []*roster.Record
	byID := btree.NewMap[roster.AgentID, index.Row](0)
	for at, id := range []roster.AgentID{"prod/planner", "demo/translator", "demo/planner"} {
		r := &roster.Record{Agent: roster.Agent{ID: id}, Health: roster.Health{State: roster.Passing}}
		records = append(records, r)
		byID.Set(id, index.Row{Record: r, Ordinal: uint32(at)})
		x.Replace(uint32(at), nil, r)
	}
	roll := index.Roll{ByID: byID, At: func(at uint32) *roster.Record { return records[at] }}
	q, err := query.Compile(roster.Query{Namespaces: []string{"demo"}, Health: []string{"passing"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	found, plan := x.Search(roll, q, index.Mark{}, 100)
	for _, r := range found {
		fmt.Println(r.ID)
	}
	fmt.Println(plan)
	// Output:
	// demo/planner
	// demo/translator
	// namespace demo (2) ∩ health passing (3) → filter 2 → 2
}
