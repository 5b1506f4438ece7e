package httpapi

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"roster"
	"roster/httpapi/wire"
)

// sink is a ResponseWriter that keeps only the status.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(status int)      { s.status = status }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }

// BenchmarkHandler measures what this package adds to a request: routing, decoding,
// encoding and metrics, without net/http's share and without a service.
func BenchmarkHandler(b *testing.B) {
	a := newAPI(newAnswering(b, "bench/one"), Options{})
	one := agentJSON("bench/one")
	items := make([]string, 100)
	for i := range items {
		items[i] = agentJSON(fmt.Sprintf("bench/%d", i))
	}
	for _, c := range []struct{ name, method, path, body string }{
		{"look up", http.MethodGet, "/v1/agents/bench/one", ""},
		{"linearizable", http.MethodGet, "/v1/agents/bench/one?read=linearizable", ""},
		{"register", http.MethodPost, "/v1/agents", one},
		{"batch of 100", http.MethodPost, "/v1/agents:register", `{"agents":[` + strings.Join(items, ",") + `]}`},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			body := bytes.NewReader(nil)
			r, err := http.NewRequest(c.method, "http://127.0.0.1:1"+c.path, io.NopCloser(body))
			if err != nil {
				b.Fatal(err)
			}
			r.URL.Scheme, r.URL.Host, r.ContentLength = "", "", int64(len(c.body))
			r.Header["Content-Type"] = []string{"application/json"}
			for b.Loop() {
				body.Reset([]byte(c.body))
				w := &sink{header: make(http.Header)}
				a.ServeHTTP(w, r)
				if w.status > 201 {
					b.Fatal(w.status)
				}
			}
		})
	}
}

// answering is a service that answers everything with one record.
type answering struct {
	roster.Service
	record *roster.Record
}

func newAnswering(b *testing.B, id string) answering {
	v, err := wire.Parse([]byte(agentJSON(id)))
	if err != nil {
		b.Fatal(err)
	}
	agent, err := wire.DecodeAgent(v)
	if err != nil {
		b.Fatal(err)
	}
	return answering{record: &roster.Record{Agent: agent, Revision: 7, Shard: 3, Status: roster.StatusRegistered}}
}

func (s answering) stamp() roster.Stamp { return roster.Stamp{Shard: 3, Index: 7, Token: "AQEDBw"} }

func (s answering) Register(context.Context, roster.Register) (roster.Change, roster.Stamp, error) {
	return roster.Change{Outcome: roster.OutcomeCreated, Record: s.record}, s.stamp(), nil
}

func (s answering) Lookup(context.Context, roster.AgentID, roster.Read) (*roster.Record, roster.Stamp, error) {
	return s.record, s.stamp(), nil
}

func (s answering) RegisterBatch(_ context.Context, items []roster.Register) ([]roster.BatchResult, roster.Token, error) {
	results := make([]roster.BatchResult, len(items))
	for i := range results {
		results[i] = roster.BatchResult{ID: items[i].Agent.ID, Outcome: roster.OutcomeCreated, Revision: 7}
	}
	return results, "AQEDBw", nil
}
