package verdict_test

import (
	"fmt"
	"strings"

	"roster/loadgen/verdict"
)

func ExampleCompare() {
	budget, err := verdict.ReadBudget(strings.NewReader("lookup.p99: 8ms\nall.errors: 0\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	comparison, err := verdict.Compare(budget, reportOf(1), reportOf(1), 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, finding := range comparison.Breaches() {
		fmt.Println(finding.Text)
	}
	// Output: lookup.p99: 10ms > 8ms
}
