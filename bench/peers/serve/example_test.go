package serve_test

import (
	"fmt"

	"roster/bench/peers/serve"
)

// A member is handed to its process as arguments.
func Example() {
	m, err := serve.ParseMember(serve.Member{Name: "n2", Peers: []string{"n1=127.0.0.1:1", "n2=127.0.0.1:2"}}.Args())
	fmt.Println(m.Name, len(m.Peers), err)
	// Output: n2 2 <nil>
}
