package entrance_test

import (
	"fmt"

	"roster"
	"roster/httpapi/entrance"
)

func Example() {
	e := entrance.New(1)
	first, second := entrance.Place{Line: e.Line("/v1/agents", false, false)}, entrance.Place{Line: e.Line("/v1/agents", false, false)}
	reads, free := entrance.Place{Line: e.Line("/v1/agents", true, false)}, entrance.Place{Line: e.Line("/livez", true, false)}
	fmt.Println(first.Enter(false), first.Enter(true), roster.CodeOf(second.Enter(true)), reads.Enter(true), free.Enter(true))
	second.Leave() // it was not in
	fmt.Println(roster.CodeOf(second.Enter(true)))
	first.Leave()
	fmt.Println(second.Enter(true))
	// Output:
	// <nil> <nil> Overloaded <nil> <nil>
	// Overloaded
	// <nil>
}
