package scaling_test

import (
	"fmt"

	"roster/scaling"
)

func ExamplePolicy() {
	fmt.Println(scaling.Policy{Min: 1, Max: 50, Queue: 10}.Validate())
	fmt.Println(scaling.Policy{Min: 1, Max: 50}.Validate())
	fmt.Println(scaling.Policy{Min: 5, Max: 2, Queue: 10}.Validate())
	// Output:
	// <nil>
	// scaling: nothing is aimed at: want queue, busy or wait
	// scaling.max: 2 members: want 5 to 10000
}
