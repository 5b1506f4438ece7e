package dht_test

import (
	"fmt"
	"roster"
	"roster/dht"
)

// A cluster of three grows by a node: the ring that knows where voters are now moves
// only what balance needs.
func Example() {
	shards := []roster.ShardID{0, 1, 2, 3}
	nodes := []roster.NodeID{"a-1", "b-1", "c-1"}
	before := dht.NewRing(nodes, dht.Options{Shards: shards})

	nodes = append(nodes, "d-1")
	after := dht.NewRing(nodes, dht.Options{Shards: shards, Current: before.Assignment()})

	votes := map[roster.NodeID]int{}
	for _, shard := range shards {
		for _, node := range after.Voters(shard) {
			votes[node]++
		}
	}
	moved := 0
	for _, m := range dht.Diff(before.Assignment(), after.Assignment()) {
		moved += len(m.Add)
	}
	fmt.Println(votes, "moved", moved)
	// Output: map[a-1:3 b-1:3 c-1:3 d-1:3] moved 3
}

// A key's shard is found in two steps, of which the second is a stored table.
func ExampleSlot() {
	table := dht.AssignSlots([]roster.ShardID{1, 2, 3, 4, 5, 6, 7, 8})
	slot := dht.Slot(roster.AgentID("demo/planner~7").Key())
	fmt.Println(slot == dht.Slot(roster.AgentID("demo/planner~8").Key()), len(table), table[slot] > 0)
	// Output: true 4096 true
}
