package placer_test

import (
	"fmt"

	"roster/fleet"
	"roster/node/placer"
	"roster/placement"
)

// What a spec asks of a node can be checked before it is proposed.
func ExampleNeedOf() {
	need := placer.NeedOf(&fleet.Spec{Driver: fleet.Exec, Command: []string{"ocr"}, Resources: placement.Resources{CPU: 500},
		Where: placement.Where{Filter: `labels.zone == "a"`}})
	fmt.Println(need.Check(), need.Driver)
	need.Where.Filter = "labels.zone =="
	fmt.Println(need.Check() != nil)
	// Output:
	// <nil> exec
	// true
}
