package survey_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"roster"
	"roster/cmd/node/survey"
	"roster/httpapi"
	"roster/internal/memservice"
)

// actor is a node that says it is one of several.
type actor struct {
	roster.Service
	id      roster.NodeID
	members *[]roster.Member
}

// Members lists the whole cast.
func (a actor) Members(context.Context) ([]roster.Member, error) { return *a.members, nil }

// Status is that of the actor.
func (a actor) Status(ctx context.Context) (roster.NodeStatus, error) {
	s, err := a.Service.Status(ctx)
	s.Node = a.id
	return s, err
}

// stage serves actors, and returns their addresses.
func stage(t *testing.T, members *[]roster.Member, ids ...roster.NodeID) []string {
	t.Helper()
	service := memservice.New(memservice.Config{})
	t.Cleanup(service.Close)
	var addresses []string
	for _, id := range ids {
		server := httptest.NewServer(httpapi.New(actor{service, id, members}, httpapi.Options{}))
		t.Cleanup(server.Close)
		addresses = append(addresses, server.Listener.Addr().String())
	}
	return addresses
}

// nobody returns an address at which nobody listens.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func look(t *testing.T, addresses ...string) (*survey.Surveyor, string) {
	t.Helper()
	s, err := survey.New(survey.Options{Addresses: addresses})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	seen, err := s.Look(t.Context())
	if err != nil {
		return s, err.Error()
	}
	var words []string
	for _, n := range seen.Nodes {
		word := n.Name()
		if n.Fault != "" {
			word += "?"
		}
		words = append(words, word)
	}
	return s, strings.Join(words, " ")
}

// TestEveryMemberIsAskedOnce: whoever is named, by whatever address, each node is there
// once; who is silent is there, too; who has left is not.
func TestEveryMemberIsAskedOnce(t *testing.T) {
	var members []roster.Member
	addresses, dead := stage(t, &members, "a", "b"), nobody(t)
	members = []roster.Member{{ID: "a", HTTP: addresses[0]}, {ID: "b", HTTP: addresses[1]}, {ID: "c", HTTP: dead}, {ID: "d", HTTP: nobody(t), State: roster.NodeLeft}}
	stranger := nobody(t)
	for seeds, want := range map[string]string{
		addresses[0]:                             "a b c?",
		addresses[1] + " http://" + addresses[0]: "a b c?",
		dead + " " + addresses[1]:                "a b c?",
		stranger + " " + addresses[0]:            stranger + "? a b c?",
	} {
		if _, got := look(t, strings.Fields(seeds)...); got != want {
			t.Errorf("from %s: %s, want %s", seeds, got, want)
		}
	}
	if _, got := look(t, dead); !strings.Contains(got, "cannot connect") {
		t.Errorf("nobody at all: %s", got)
	}
}

// TestClock compares clocks by the head of an answer.
func TestClock(t *testing.T) {
	var members []roster.Member
	service := memservice.New(memservice.Config{})
	defer service.Close()
	members = []roster.Member{{ID: "a"}}
	api := httpapi.New(actor{service, "a", &members}, httpapi.Options{})
	late := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		api.ServeHTTP(w, r)
	}))
	defer late.Close()
	s, err := survey.New(survey.Options{Addresses: []string{late.Listener.Addr().String()}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	seen, err := s.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := seen.Nodes[0]
	if off := (n.Clock + time.Hour).Abs(); n.ClockError == 0 || off > n.ClockError {
		t.Errorf("%v within %v, want an hour behind", n.Clock, n.ClockError)
	}
}
