package memory_test

import (
	"fmt"
	"time"

	"roster/agentpool/memory"
	"roster/fleet"
)

func Example() {
	limit := fleet.Limit{}.Filled() // 50 MiB, 80 %
	fmt.Println(memory.Judge(30<<20, limit), memory.Judge(45<<20, limit), memory.Judge(61<<20, limit))

	node := memory.Node{Used: 3600 << 20, Total: 4096 << 20, Efficiency: -1, Members: []memory.Member{
		{Agent: "demo/young~0", Used: 900 << 20, Began: 40 * time.Second, Moves: true, Asked: -1},
		{Agent: "demo/old~0", Used: 900 << 20, Moves: true, Asked: -1},
	}}
	var state memory.State
	for now := time.Minute; now < 70*time.Second; now += time.Second {
		var steps []memory.Step
		state, steps = state.Next(now, node, memory.Default())
		for _, s := range steps {
			fmt.Printf("%v: %s %q\n", now, s.Do, s.Agent)
		}
	}
	// Output:
	// fine soft hard
	// 1m0s: collect ""
	// 1m5s: stop "demo/old~0"
}
