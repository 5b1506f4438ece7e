package workload_test

import (
	"fmt"

	"roster/loadgen/workload"
)

func ExampleConfig_Validate() {
	fmt.Println(workload.Config{Profile: "steady", Rate: 200}.Validate())
	fmt.Println(workload.Config{Profile: "steady", Scale: -2}.Validate())
	// Output:
	// <nil>
	// scale: -2: want more than 0, at most 1000
}
