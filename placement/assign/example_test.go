package assign_test

import (
	"fmt"

	"roster/placement/assign"
)

// Three agents, two nodes; the first node has room for two, and the last agent must not
// be on it.
func Example() {
	solution, err := assign.Solve(assign.Problem{
		Costs: [][]int64{{4, 1}, {2, 2}, {assign.Forbidden, 3}},
		Room:  []int{2, 1},
	})
	fmt.Println(solution.Columns, solution.Cost, err)
	// Output: [0 0 1] 9 <nil>
}
