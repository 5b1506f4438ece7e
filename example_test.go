package roster_test

import (
	"fmt"

	"roster"
)

// A token is opaque to its holder, and two of them merge into one that has seen both.
func Example() {
	here := roster.Token(roster.Position{Ring: 1}.Advance(3, 17).Encode())
	there := roster.Token(roster.Position{Ring: 1}.Advance(5, 4).Encode())
	both, err := roster.MergeTokens(here, there)
	if err != nil {
		fmt.Println(err)
		return
	}
	position, err := roster.ParsePosition(string(both))
	fmt.Println(position.At, err)

	err = roster.AgentID("Demo/Planner").Validate()
	fmt.Println(roster.CodeOf(err), roster.CodeOf(err).HTTPStatus(), roster.CodeOf(err).ExitStatus())
	// Output:
	// [{3 17} {5 4}] <nil>
	// Invalid 400 2
}
