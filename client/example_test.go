package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"roster"
	"roster/client"
)

func Example() {
	// A node would stand here.
	node := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(roster.Page{Agents: []*roster.Record{
			{Agent: roster.Agent{ID: "demo/translator-1"}, Node: "node1-0a1b2c3d"},
		}})
	}))
	defer node.Close()

	c, err := client.New(client.Config{Addresses: []string{node.URL}})
	if err != nil {
		log.Fatal(err)
	}
	for agent, err := range c.All(context.Background(), roster.Query{Capabilities: []string{"translator"}}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(agent.ID, "on", agent.Node)
	}
	// Output: demo/translator-1 on node1-0a1b2c3d
}
