package fleet_test

import (
	"encoding/json"
	"fmt"

	"roster/fleet"
)

func Example() {
	var f fleet.Fleet
	err := json.Unmarshal([]byte(`{
		"id": "demo/greeter",
		"count": 3,
		"spec": {"driver": "inproc", "entry": "greeter", "resources": {"cpu": "100m", "memory": "64MiB"}}
	}`), &f)
	fmt.Println(err, f.Validate(), f.Spec.Resources.CPU, f.Rule(), f.Spec.Grace())
	fmt.Println(f.ID.Member(2))
	fmt.Println(fleet.Of("demo/greeter~2"))
	f.Spec.Command = []string{"true"}
	fmt.Println(f.Validate())
	// Output:
	// <nil> <nil> 100 balanced 10s
	// demo/greeter~2
	// demo/greeter 2 true
	// command: the driver exec alone wants a command
}
