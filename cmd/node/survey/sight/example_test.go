package sight_test

import (
	"fmt"
	"time"

	"roster"
	"roster/cmd/node/survey/sight"
)

// Of two nodes that see a shard, the one that knows the later term is believed.
func Example() {
	c := sight.Cluster{Nodes: []sight.Node{
		{ID: "a", Shards: []roster.ShardStatus{{ID: 1, Leader: "a", Term: 4, Index: 90, AgeMS: 9000}}},
		{ID: "b", Shards: []roster.ShardStatus{{ID: 1, Leader: "b", Term: 5, Index: 80}}},
		{Address: "c.example:7400", Fault: "nobody listens"},
	}}
	fmt.Println(c.Shards()[0].Leader, len(c.Answered()), c.Nodes[2].Name(), c.Node("c") == nil)
	worst, late := c.Node("a").Oldest(2 * time.Second)
	fmt.Println(worst.ID, late)
	// Output:
	// b 2 c.example:7400 true
	// 1 1
}
