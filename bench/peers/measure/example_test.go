package measure_test

import (
	"fmt"

	"roster/bench/peers/measure"
)

// Rows are chosen by what their names begin with.
func Example() {
	rows, err := measure.Select("put,burst")
	for _, r := range rows {
		fmt.Println(r.Name)
	}
	fmt.Println(err)
	// Output:
	// put-1
	// put-64
	// put-256
	// burst
	// <nil>
}
