package fsm_test

import (
	"bytes"
	"fmt"

	"roster"
	"roster/fsm"
	"roster/query"
)

// A leader's log of one entry with two operations, applied by a replica.
func Example() {
	m := fsm.New(1)
	register := func(id roster.AgentID, capability string) roster.Op {
		return roster.Op{Command: roster.Register{
			Mode:  roster.ModeCreate,
			Agent: roster.Agent{ID: id, Capabilities: []roster.Capability{{Name: capability}}},
		}}
	}
	results := m.Apply(roster.Entry{Shard: 1, Ops: []roster.Op{
		register("demo/translator", "translate"),
		register("demo/planner", "plan"),
	}})
	fmt.Println(results[1].Index, results[1].Value.(roster.Change).Outcome)

	q, err := query.Compile(roster.Query{Capabilities: []string{"translate"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	found, plan, _ := m.View().Find(q, fsm.Mark{}, 10)
	fmt.Println(found[0].ID, "by", plan)

	var stream bytes.Buffer
	if _, err := m.View().Snapshot().WriteTo(&stream); err != nil {
		fmt.Println(err)
	}
	other := fsm.New(1)
	fmt.Println(other.Restore(&stream), other.View().Digest() == m.View().Digest())
	// Output:
	// 2 created
	// demo/translator by shard 1: capability translate (1) → filter 1 → 1
	// <nil> true
}
