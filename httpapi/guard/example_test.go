package guard_test

import (
	"fmt"
	"net/http/httptest"

	"roster/httpapi/guard"
)

func Example() {
	g := guard.New([]string{"node-1.example"})
	for _, host := range []string{"node-1.example:7400", "10.0.0.1", "evil.example"} {
		r := httptest.NewRequest("GET", "/v1/agents", nil)
		r.Host = host
		err := g.Refusal(r)
		fmt.Println(host, err == nil)
	}
	// Output:
	// node-1.example:7400 true
	// 10.0.0.1 true
	// evil.example false
}
