package intake_test

import (
	"fmt"

	"roster/cmd/node/intake"
)

func Example() {
	agent, err := intake.ParseServer([]byte(`{"name":"org.example/Tides","version":"1.0",
		"packages":[{"registry":"npm"}],"remotes":["https://tides.example.org/mcp"]}`))
	fmt.Println(agent.ID, agent.Capabilities[0].Name, agent.Capabilities[1].Name, err)
	// Output: mcp/org.example.tides package/npm remote <nil>
}
