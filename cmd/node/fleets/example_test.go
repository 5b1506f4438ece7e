package fleets_test

import (
	"fmt"

	"roster/cmd/node/fleets"
)

func ExampleParse() {
	all, err := fleets.Parse("fleet.yaml", []byte("id: demo/crew\ncount: 3\nspec:\n  driver: inproc\n  entry: idle\n"))
	fmt.Println(len(all), all[0].ID, all[0].Count, err)
	_, err = fleets.Parse("fleet.yaml", []byte("id: demo/crew\nspec:\n  driver: docker\n"))
	fmt.Println(err)
	// Output:
	// 1 demo/crew 3 <nil>
	// fleet.yaml:3: driver: "docker": want inproc, exec or remote
}
