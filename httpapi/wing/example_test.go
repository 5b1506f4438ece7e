package wing_test

import (
	"fmt"

	"roster"
	"roster/fleet"
	"roster/httpapi/wing"
)

func ExampleDecode() {
	var f fleet.Fleet
	fmt.Println(wing.Decode([]byte(`{"id":"demo/crew","count":3,"spec":{"driver":"inproc","entry":"wait"}}`), &f), f.Count)
	for _, bad := range []string{`{"count":"three"}`, `{"members":3}`, `{"spec":{"resources":{"cpu":"many"}}}`} {
		err := wing.Decode([]byte(bad), &f)
		fmt.Println(roster.CodeOf(err), err)
	}
	// Output:
	// <nil> 3
	// Invalid count: a string where something else belongs
	// Invalid members: unknown field
	// Invalid cpu: "many": want cores, such as 2 or 0.5, or thousandths, such as 500m
}
