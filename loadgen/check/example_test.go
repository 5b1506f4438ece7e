package check_test

import (
	"fmt"

	"roster/loadgen/check"
)

func Example() {
	acknowledged := check.NewAcknowledged()
	acknowledged.Wrote("demo/a", 7)
	acknowledged.Wrote("demo/b", 8)

	acknowledged.Found("node1", "demo/a", 7)
	acknowledged.Found("node1", "demo/b", 0)
	verdict := acknowledged.Verdict()
	fmt.Println(verdict.Checked, "checked,", verdict.Violations, "lost:", verdict.Samples)
	// Output: 2 checked, 1 lost: [demo/b: acknowledged as revision 8, but node1 does not have it]
}
