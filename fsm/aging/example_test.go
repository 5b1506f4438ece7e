package aging_test

import (
	"fmt"

	"roster/fsm/aging"
)

func Example() {
	order := aging.New[string]()
	order.Set("lease", 30)
	order.Set("session", 20)
	order.Drop("lease", 30)
	order.Set("lease", 10) // renewed, oddly, to an earlier end
	fmt.Println(order.Next())
	for key, ok := order.Due(20); ok; key, ok = order.Due(20) {
		fmt.Println(key)
	}
	// Output:
	// 10 true
	// lease
	// session
}
