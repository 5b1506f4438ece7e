package placement_test

import (
	"fmt"

	"roster"
	"roster/placement"
)

// Two members of a fleet that need an accelerator and must not share a node: one has a
// node, the other waits, and says why.
func Example() {
	need := &placement.Need{
		Resources: placement.Resources{CPU: 500, Memory: 256 << 20},
		Where:     placement.Where{Filter: `labels.gpu == "yes"`, PerNodeMax: 1},
	}
	size := placement.Resources{CPU: 4000, Memory: 8 << 30}
	world := placement.World{
		Nodes: []placement.Node{
			{ID: "n1", Total: size, Labels: roster.MapOf(map[string]string{"gpu": "yes"})},
			{ID: "n2", Total: size},
		},
		Agents: []placement.Agent{{ID: "demo/ocr~0", Need: need}, {ID: "demo/ocr~1", Need: need}},
	}
	plan, err := placement.Plan(world, placement.Least)
	if err != nil {
		fmt.Println(err)
	}
	for _, d := range plan.Decisions {
		fmt.Printf("%s on %q: %v\n", d.Agent, d.Node, d.Reason)
	}
	_, verdicts, _ := placement.Explain(world, placement.Least, "demo/ocr~1")
	for _, v := range verdicts {
		fmt.Println(v.Node, v.Why)
	}
	// Output:
	// demo/ocr~0 on "n1": best of 1 by least with 875 points; 1 × does not match the filter
	// demo/ocr~1 on "": 1 × does not match the filter; 1 × runs as many members of the fleet as per_node_max allows
	// n1 fits
	// n2 does not match the filter
}
