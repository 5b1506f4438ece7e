package client_test

import (
	"encoding/json"
	"net/http/httptest"
	"testing"

	"roster"
	"roster/client"
	"roster/fleet"
	"roster/httpapi"
	"roster/internal/memservice"
	"roster/internal/memservice/contract"
	"roster/mailbox"
)

var _ mailbox.Service = (*client.Client)(nil)

// TestContract holds the client, in front of the HTTP API, to what every service
// promises. It shows a token that allows everything, so that the gate is held to it, too.
func TestContract(t *testing.T) {
	contract.Run(t, func(t *testing.T) roster.Service {
		service := memservice.New(memservice.Config{})
		_, secret, err := service.CreateToken(t.Context(), roster.NewToken{Name: "contract", Rules: []string{"admin"}})
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(httpapi.New(service, httpapi.Options{Decode: decode, Tokens: service, Fleets: service, Mail: service}))
		c, err := client.New(client.Config{Addresses: []string{server.URL}, Token: secret})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			c.Close()
			server.CloseClientConnections()
			server.Close()
			service.Close()
		})
		return c
	})
}

// decode is what a program puts into httpapi.Options.
func decode(kind string, body json.RawMessage) (roster.Command, error) {
	switch kind {
	case "register":
		return as[roster.Register](body)
	case "update":
		return as[roster.Update](body)
	case "deregister":
		return as[roster.Deregister](body)
	case "set_health":
		return as[roster.SetHealth](body)
	case "open_session":
		return as[roster.OpenSession](body)
	case "end_session":
		return as[roster.EndSession](body)
	case "set_fleet":
		return as[fleet.Set](body)
	case "scale_fleet":
		return as[fleet.Scale](body)
	case "drop_fleet":
		return as[fleet.Drop](body)
	case "recall":
		return as[fleet.Recall](body)
	}
	return nil, roster.Errorf(roster.CodeDenied, "%s is for nodes alone", kind)
}

func as[C roster.Command](body json.RawMessage) (roster.Command, error) {
	var c C
	err := json.Unmarshal(body, &c)
	return c, err
}
