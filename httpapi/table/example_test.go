package table_test

import (
	"fmt"

	"roster/httpapi/table"
)

func ExampleRoutes() {
	for _, r := range table.Routes() {
		if r.Stream {
			fmt.Println(r.Method, r.Path)
		}
	}
	// Output:
	// GET /v1/watch
	// GET /v1/sessions/{id}/hold
	// POST /v1/backup
	// POST /v1/agents/{ns}/{name}/messages
	// POST /v1/agents/{ns}/{name}/receive
}
