package table_test

import (
	"fmt"

	"roster/bench/peers/table"
)

// A ratio says how many times a peer's value Roster's is.
func Example() {
	r := table.Report{Samples: []table.Sample{
		{Row: "get-64", Store: "roster", Value: 40_000},
		{Row: "get-64", Store: "etcd", Value: 10_000},
	}}
	fmt.Println(r.Ratio("get-64", "etcd"))
	// Output: 4 true
}
