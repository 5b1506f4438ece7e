package usage_test

import (
	"fmt"

	"roster/loadgen/usage"
)

func ExampleGrowthOf() {
	var marks []usage.Mark
	for i := range 100 {
		marks = append(marks, usage.Mark{Operations: float64(i) * 10_000, Live: 50e6 + float64(i)*20e6})
	}
	growth := usage.GrowthOf(marks)
	fmt.Printf("%.0f bytes an operation: %s\n", growth.PerOp, growth.Verdict())
	// Output: 2000 bytes an operation: leak
}
