package fences_test

import (
	"fmt"

	"roster"
	"roster/fsm/fences"
)

func Example() {
	t := fences.New()
	t.Set("demo/a", 7, 100)
	fmt.Println(t.Get("demo/a", 99))
	fmt.Println(t.Get("demo/a", 100))
	nobody := func(roster.AgentID) bool { return false }
	fmt.Println(t.Due(100, 200, nobody), t.Len())
	// Output:
	// 7 true
	// 0 false
	// true 0
}
