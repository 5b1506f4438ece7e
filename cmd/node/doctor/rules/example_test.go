package rules_test

import (
	"fmt"

	"roster"
	"roster/cmd/node/doctor/rules"
	"roster/cmd/node/survey/sight"
)

func Example() {
	down := []roster.Member{{ID: "a", State: roster.NodeAlive}, {ID: "b", State: roster.NodeDown}, {ID: "c", State: roster.NodeAlive}}
	seen := sight.Cluster{Members: down, Nodes: []sight.Node{{ID: "a", Members: down,
		Shards: []roster.ShardStatus{{ID: 1, Leader: "a", Voters: []roster.NodeID{"a", "b", "c"}}}}}}
	findings := rules.Examine(rules.Observed{Cluster: seen})
	for _, f := range findings {
		fmt.Printf("%s: %s; %s\n", f.Severity, f.What, f.Mend)
	}
	fmt.Println(rules.Failed(findings))
	// Output:
	// error: node b is down; start it again; if it is gone for good: roster nodes force-leave b
	// warning: one failure away from no quorum: shards 1; bring the missing node back, or start another: roster node --join …
	// true
}
