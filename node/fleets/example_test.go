package fleets_test

import (
	"fmt"

	"roster/fleet"
	"roster/node/fleets"
	"roster/placement"
)

func ExamplePrepare() {
	f := fleet.Fleet{ID: "demo/ocr", Count: 2, Spec: fleet.Spec{Driver: fleet.Inproc, Entry: "ocr", Where: placement.Where{Filter: `labels.gpu == "yes"`}}}
	fmt.Println(fleets.Prepare(fleet.Set{Fleet: f}))
	f.Spec.Where.Filter = "labels.gpu ="
	fmt.Println(fleets.Prepare(fleet.Set{Fleet: f}) != nil)
	fmt.Println(fleets.Prepare(fleet.Scale{ID: "ocr", Count: 3}))
	// Output:
	// <nil>
	// true
	// id: fleet "ocr": want namespace/name of a-z 0-9 . _ -, each beginning with a letter or digit, the name at most 122 bytes
}
