package wire_test

import (
	"fmt"

	"roster"
	"roster/httpapi/wire"
)

func Example() {
	body, err := wire.Parse([]byte(`{"id":"demo/a","capabilities":[{"name":7}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = wire.DecodeAgent(body)
	fmt.Println(roster.CodeOf(err), err)
	// Output: Invalid capabilities[0].name: want a string, not the number 7
}
