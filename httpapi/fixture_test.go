package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"roster"
	"roster/fleet"
	"roster/httpapi/ready"
	"roster/httpapi/wire"
	"roster/internal/memservice"
)

// fixture is a server over the service in memory.
type fixture struct {
	*testing.T
	service  *memservice.Service
	registry *prometheus.Registry
	api      *api
	server   *httptest.Server
}

func newFixture(t *testing.T) *fixture {
	return fixtureOver(t, func(s roster.Service) roster.Service { return s }, memservice.Config{}, Options{})
}

func fixtureOver(t *testing.T, wrap func(roster.Service) roster.Service, c memservice.Config, o Options) *fixture {
	f := &fixture{T: t, service: memservice.New(c), registry: prometheus.NewRegistry()}
	t.Cleanup(f.service.Close)
	o.Fleets, o.Mail = f.service, f.service
	o.Metrics, o.Gatherer, o.Decode = f.registry, f.registry, decodeCommand
	f.api = newAPI(wrap(f.service), o)
	f.server = httptest.NewServer(f.api)
	t.Cleanup(f.server.Close)
	return f
}

// decodeCommand stands in for the table that the node's program hands in.
func decodeCommand(kind string, body json.RawMessage) (roster.Command, error) {
	switch kind {
	case "register":
		return decodeAs[roster.Register](body)
	case "update":
		return decodeAs[roster.Update](body)
	case "deregister":
		return decodeAs[roster.Deregister](body)
	case "set_health":
		return decodeAs[roster.SetHealth](body)
	case "open_session":
		return decodeAs[roster.OpenSession](body)
	case "end_session":
		return decodeAs[roster.EndSession](body)
	case "set_fleet":
		return decodeAs[fleet.Set](body)
	case "scale_fleet":
		return decodeAs[fleet.Scale](body)
	case "drop_fleet":
		return decodeAs[fleet.Drop](body)
	case "recall":
		return decodeAs[fleet.Recall](body)
	case "tick":
		return decodeAs[roster.Tick](body)
	case "fence":
		return decodeAs[roster.Fence](body)
	case "attach_session":
		return decodeAs[roster.AttachSession](body)
	case "detach_session":
		return decodeAs[roster.DetachSession](body)
	case "join_node":
		return decodeAs[roster.JoinNode](body)
	case "leave_node":
		return decodeAs[roster.LeaveNode](body)
	case "renew_node":
		return decodeAs[roster.RenewNode](body)
	case "set_map":
		return decodeAs[roster.SetMap](body)
	}
	return nil, fmt.Errorf("no command %q", kind)
}

func decodeAs[C roster.Command](body json.RawMessage) (roster.Command, error) {
	var c C
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err := d.Decode(&c)
	return c, err
}

// reply is an answer that was read whole.
type reply struct {
	*http.Response
	body []byte
}

// send sends a request; headers come in pairs. A body is JSON unless they say else.
func (f *fixture) send(method, path, body string, headers ...string) reply {
	f.Helper()
	r, err := http.NewRequestWithContext(f.Context(), method, f.server.URL+path, strings.NewReader(body))
	if err != nil {
		f.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		if r.Header.Set(headers[i], headers[i+1]); headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	return f.do(r)
}

func (f *fixture) do(r *http.Request) reply {
	f.Helper()
	answer, err := f.server.Client().Transport.RoundTrip(r)
	if err != nil {
		f.Fatal(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		f.Fatal(err)
	}
	return reply{answer, raw}
}

// want sends a request and checks its status; what fails must be a whole problem.
func (f *fixture) want(status int, method, path, body string, headers ...string) reply {
	f.Helper()
	got := f.send(method, path, body, headers...)
	if got.StatusCode != status {
		f.Errorf("%s %s %.80s: %d, want %d: %s", method, path, body, got.StatusCode, status, got.body)
	}
	if status >= 400 && method != http.MethodHead {
		f.problem(got)
	}
	return got
}

// problem checks the shape of a refusal.
func (f *fixture) problem(got reply) wire.Problem {
	f.Helper()
	if ct := got.Header.Get("Content-Type"); ct != "application/problem+json" {
		f.Errorf("%d of type %q: %s", got.StatusCode, ct, got.body)
	}
	var fields map[string]json.RawMessage
	var p wire.Problem
	if err := json.Unmarshal(got.body, &fields); err != nil {
		f.Fatalf("%d is no problem: %v: %s", got.StatusCode, err, got.body)
	}
	for _, name := range []string{"type", "title", "status", "detail", "code", "shard", "retryable", "index", "field", "position"} {
		if fields[name] == nil {
			f.Errorf("%d lacks %s: %s", got.StatusCode, name, got.body)
		}
	}
	if err := json.Unmarshal(got.body, &p); err != nil || p.Status != got.StatusCode || !p.Code.Known() || p.Detail == "" || p.Title == "" {
		f.Errorf("%d is told as %s", got.StatusCode, got.body)
	}
	if got.Header.Get("X-Content-Type-Options") != "nosniff" {
		f.Errorf("%d may be sniffed", got.StatusCode)
	}
	return p
}

// decode reads a JSON answer.
func decode[T roster.Record | roster.Page | roster.Session | batchAnswer | wire.Problem | document | lookups | commandResult | wire.MemberList | wire.ShardList | roster.NodeStatus | ready.Answer | renewAnswer](f *fixture, got reply) T {
	f.Helper()
	var v T
	if err := json.Unmarshal(got.body, &v); err != nil {
		f.Fatalf("%v in %s", err, got.body)
	}
	return v
}

// batchAnswer is what became of a batch, in the order of its items.
type batchAnswer struct {
	Results []batchResult `json:"results"`
	Token   roster.Token  `json:"token"`
}

type batchResult struct {
	ID       roster.AgentID `json:"id"`
	Outcome  roster.Outcome `json:"outcome"`
	Revision roster.Index   `json:"revision"`
	Error    *wire.Problem  `json:"error,omitempty"`
}

type lookups struct {
	Results []roster.LookupResult `json:"results"`
	Token   string                `json:"token"`
}

type commandResult struct {
	Index roster.Index    `json:"index"`
	Value json.RawMessage `json:"value"`
	Token string          `json:"token"`
}

// agentJSON is an agent with one of everything.
func agentJSON(id string) string {
	return `{"id":"` + id + `","capabilities":[{"name":"translate","version":"2","attributes":{"lang":"de"}}],"labels":{"tier":"gold"},` +
		`"endpoints":[{"name":"http","url":"http://127.0.0.1:9/x"}],"description":"translates","metadata":{"note":"\u2028<&>"}}`
}
