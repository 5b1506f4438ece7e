package httpapi

import (
	"testing"

	"roster"
	"roster/client"
	"roster/internal/memservice/contract"
)

// TestContract holds the way through the client, the wire and the handlers to what
// every Service is held to.
func TestContract(t *testing.T) {
	contract.Run(t, func(t *testing.T) roster.Service {
		f := newFixture(t)
		c, err := client.New(client.Config{Addresses: []string{f.server.URL}})
		if err != nil {
			t.Fatal(err)
		}
		return c
	})
}
