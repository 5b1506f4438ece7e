package httpapi

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"roster"
	"roster/httpapi/guard"
	"roster/httpapi/table"
	"roster/internal/memservice"
)

// pathOf fills the parameters of a route's path.
func pathOf(r table.Route) string {
	return strings.NewReplacer("{ns}", "demo", "{name}", "a", "{id}", "s", "{$}", "").Replace(r.Path)
}

// badBodies are the classes of bodies that every route with a body refuses.
func badBodies() map[string]struct {
	status int
	body   string
} {
	return map[string]struct {
		status int
		body   string
	}{
		"empty":           {400, " "},
		"null":            {400, "null"},
		"array":           {400, "[]"},
		"string":          {400, `"x"`},
		"truncated":       {400, `{"id":"demo/a`},
		"trailing":        {400, `{} {}`},
		"duplicate keys":  {400, `{"id":"demo/a","id":"demo/b"}`},
		"escaped twice":   {400, `{"id":"demo/a","\u0069d":"demo/b"}`},
		"unknown field":   {400, `{"surprise":1}`},
		"folded field":    {400, `{"ID":"demo/a","IDS":[],"TTL":"15s","STATE":"passing","KIND":"tick","FORCE":true}`},
		"depth":           {400, strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)},
		"deep member":     {400, `{"x":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`},
		"too large":       {413, `{"x":"` + strings.Repeat("x", roster.BatchBytesMax+1) + `"}`},
		"byte order mark": {400, "\xef\xbb\xbf{}"},
		"invalid UTF-8":   {400, "{\"id\":\"demo/\xff\"}"},
		"lone surrogate":  {400, `{"id":"demo/\ud800"}`},
		"control":         {400, "{\"id\":\"demo/\x01\"}"},
		"NaN":             {400, `{"id":NaN}`},
		"1e309":           {400, `{"force":1e309,"id":1e309,"ids":1e309,"ttl":1e309,"state":1e309,"kind":1e309,"addresses":1e309,"agents":1e309,"description":1e309}`},
		"wrong types":     {400, `{"force":"yes","id":1,"ids":1,"ttl":1,"state":1,"kind":1,"addresses":1,"agents":1,"description":1}`},
	}
}

// TestBadBodies sends every class of bad body to every route that takes one.
func TestBadBodies(t *testing.T) {
	f := newFixture(t)
	for _, r := range table.Routes() {
		if r.Body == table.NoBody {
			f.want(400, r.Method, pathOf(r)+"?surprise=1", "")
			continue
		}
		for name, c := range badBodies() {
			start := time.Now()
			f.want(c.status, r.Method, pathOf(r), c.body)
			if took := time.Since(start); took > time.Second {
				t.Errorf("%s %s: %s took %v", r.Method, r.Path, name, took)
			}
		}
		f.want(415, r.Method, pathOf(r), "{}", "Content-Type", "text/plain")
		f.want(415, r.Method, pathOf(r), "{}", "Content-Type", "application/json; charset=latin1")
		f.want(415, r.Method, pathOf(r), "\x1f\x8b", "Content-Encoding", "gzip")
		f.want(400, r.Method, pathOf(r)+"?surprise=1", "{}")
	}
}

// TestEndlessBody sends a body without a length that would never end.
func TestEndlessBody(t *testing.T) {
	f := newFixture(t)
	r, err := http.NewRequestWithContext(t.Context(), post, f.server.URL+"/v1/agents", io.MultiReader(strings.NewReader(`{"description":"`), endless{}))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if got := f.do(r); got.StatusCode != 413 {
		t.Errorf("%d: %s", got.StatusCode, got.body)
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

// TestBadIDs puts every class of bad name into every path that has one.
func TestBadIDs(t *testing.T) {
	f := newFixture(t)
	for _, r := range table.Routes() {
		if !strings.Contains(r.Path, "{name}") && !strings.Contains(r.Path, "{id}") {
			continue
		}
		for _, bad := range []string{"%20", "A", "%00", "%0a", "%e2%80%8f", "%d0%b0", "%f0%9f%98%80", "-a", ".a", "_sys", "a%2fb", "%ff", strings.Repeat("x", 1025), "a%20", "%252e%252e"} {
			path := strings.NewReplacer("{ns}", "demo", "{name}", bad, "{id}", bad).Replace(r.Path)
			f.want(400, r.Method, path, "")
		}
		for _, bad := range []string{"..", "%2e%2e", "."} {
			path := strings.NewReplacer("{ns}", "demo", "{name}", bad, "{id}", bad).Replace(r.Path)
			f.want(400, r.Method, path, "")
		}
	}
}

func TestBadQueries(t *testing.T) {
	f := newFixture(t)
	list := []string{"limit=-1", "limit=0", "limit=1000000000", "limit=1e2", "limit=%201", "limit=", "cursor=forged", "read=maybe", "max_age=-1s", "max_age=1", "max_age=0s", "max_age=2000h",
		"after=forged", "explain=maybe", "limit=1&limit=2", "capability=", "label=tier", "label==x", "health=fine", "status=asleep", "filter=%3D%3D%3D", "text=%ff", "text=%00", "a;b=c", "x=%zz",
		"text=" + strings.Repeat("x", roster.TextBytesMax+1), "filter=" + strings.Repeat("x", roster.FilterBytesMax+1), strings.Repeat("capability=c&", roster.QueryValuesMax+1)}
	for _, q := range list {
		f.want(400, get, "/v1/agents?"+q, "")
		f.want(400, get, "/v1/agents:find?"+q, "")
	}
	for _, q := range []string{"after=forged", "initial=maybe", "health=fine", "limit=1", "cursor=x", "explain=true", "label=tier", "filter=%3D%3D%3D"} {
		f.want(400, get, "/v1/watch?"+q, "")
	}
	f.want(400, get, "/v1/watch", "", "Last-Event-ID", "forged")
	if p := f.problem(f.want(400, get, "/v1/agents?filter=status%20%3D%3D%3D%201", "")); p.Position == 0 || p.Field != "filter" {
		t.Errorf("a bad filter is told as %+v", p)
	}
}

func TestBadHeaders(t *testing.T) {
	f := newFixture(t)
	f.want(201, post, "/v1/agents", `{"id":"demo/a"}`)
	for _, h := range [][]string{
		{"If-Match", "*"}, {"If-Match", "1"}, {"If-Match", `W/"1"`}, {"If-Match", `"0"`}, {"If-Match", `"1", "2"`}, {"If-Match", `"-1"`}, {"If-None-Match", `"1"`},
		{"If-None-Match", "*", "If-Match", `"1"`},
		{"Roster-Request", "x"}, {"Roster-Request", "1/0/0"}, {"Roster-Request", "0/1/0"}, {"Roster-Request", "1/1/1"}, {"Roster-Request", "1/1/-1"}, {"Roster-Request", "1/1/0/0"},
		{"Roster-Request", "1/1/0", "Idempotency-Key", "k"}, {"Idempotency-Key", ""}, {"Idempotency-Key", strings.Repeat("k", roster.IdempotencyMax+1)}, {"Roster-Token", "forged"},
	} {
		f.want(400, put, one, `{}`, h...)
	}
	f.want(431, get, "/v1/agents?text="+strings.Repeat("a", guard.HeaderBytesMax), "")
	f.want(431, get, one, "", "X-Long", strings.Repeat("a", guard.HeaderBytesMax))
	f.want(400, get, one, "", "Roster-Token", "forged")
	f.want(400, get, one, "", "If-Match", `"1"`)
	f.want(400, post, "/v1/agents", `{"id":"demo/b"}`, "If-None-Match", "*")
	f.want(400, remove, one, "", "If-None-Match", "*")
	f.want(400, remove, one, "{}")
	f.want(400, put, one, `{"id":"demo/other"}`)
	for _, field := range []string{"id", "session", "secret"} {
		if p := f.problem(f.want(400, patch, one, `{"`+field+`":"x"}`)); p.Field != field {
			t.Errorf("patching %s is told as %+v", field, p)
		}
	}
	for _, ttl := range []string{"0s", "-1s", "1ns", "876000h", "soon", "25h"} {
		f.want(400, post, "/v1/sessions", `{"ttl":"`+ttl+`"}`)
	}
}

func TestFront(t *testing.T) {
	f := newFixture(t)
	for _, r := range table.Routes() {
		for _, method := range []string{"BREW", http.MethodOptions} {
			if got := f.want(405, method, pathOf(r), ""); !strings.Contains(got.Header.Get("Allow"), r.Method) {
				t.Errorf("%s allows %q", r.Path, got.Header.Get("Allow"))
			}
		}
		f.want(405, http.MethodTrace, pathOf(r), "")
		if pathOf(r) != "/" {
			f.want(404, r.Method, pathOf(r)+"/", "")
		}
		f.want(421, r.Method, pathOf(r), "", "Host", "evil.example:7400")
		if r.Method != get {
			f.want(403, r.Method, pathOf(r), "", "Sec-Fetch-Site", "cross-site")
			f.want(403, r.Method, pathOf(r), "", "Origin", "https://evil.example")
		}
		f.want(400, r.Method, pathOf(r), "", "Upgrade", "websocket", "Connection", "upgrade")
	}
	for _, path := range []string{"/v1/nowhere", "/v1/agents/demo", "/v2/agents", "/ui/", "/ui/missing.js", "/v1/agents:drain"} {
		f.want(404, get, path, "")
	}
	for _, path := range []string{"//", "//v1/agents", "/v1//agents", "/v1/../v1/agents", "/v1/./agents", "/v1/agents/demo%2Fa/x", "/%2e%2e/etc/passwd", `/v1\agents`} {
		f.want(400, get, path, "")
	}
	for _, host := range []string{"localhost", "LOCALHOST:1", "roster.localhost", "127.0.0.1:7400", "[::1]:7400", "10.1.2.3", "localhost."} {
		f.want(200, get, "/livez", "", "Host", host)
	}
	f.want(200, get, "/livez", "", "Upgrade", "h2c", "Connection", "Upgrade")
	named := fixtureOver(t, func(s roster.Service) roster.Service { return s }, memservice.Config{}, Options{Hosts: []string{"Node-1.example"}})
	named.want(200, get, "/livez", "", "Host", "node-1.EXAMPLE:7400")
	named.want(421, get, "/livez", "", "Host", "node-2.example")
}

// TestRawRequests sends what no client library would.
func TestRawRequests(t *testing.T) {
	f := newFixture(t)
	for request, status := range map[string]int{
		"GET http://127.0.0.1/livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n":                                                    400,
		"GET /livez HTTP/1.0\r\n\r\n":                                                                                       400,
		"CONNECT evil.example:80 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n":                                                       405,
		"POST /v1/agents HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n": 413,
	} {
		conn, err := net.Dial("tcp", f.server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		if answer.StatusCode != status || !strings.Contains(answer.Header.Get("Content-Type"), "problem+json") {
			t.Errorf("%q: %d %s, want %d", request, answer.StatusCode, body, status)
		}
	}
}

// faulty is a service that fails in every way that a service may.
type faulty struct {
	roster.Service
	err error
}

func (s faulty) Lookup(context.Context, roster.AgentID, roster.Read) (*roster.Record, roster.Stamp, error) {
	if s.err == nil {
		panic("on purpose")
	}
	return nil, roster.Stamp{}, s.err
}

func (s faulty) Register(context.Context, roster.Register) (roster.Change, roster.Stamp, error) {
	return roster.Change{}, roster.Stamp{}, s.err
}

func (s faulty) Watch(context.Context, roster.Query, roster.Cursor) iter.Seq2[roster.Event, error] {
	return func(yield func(roster.Event, error) bool) {
		if s.err == nil {
			panic("on purpose")
		}
		yield(roster.Event{}, s.err)
	}
}

// TestEveryCode wants each code's status from a read, a write and a watch.
func TestEveryCode(t *testing.T) {
	for _, code := range []roster.Code{roster.CodeInvalid, roster.CodeDenied, roster.CodeNotFound, roster.CodeConflict, roster.CodeGone, roster.CodeStale, roster.CodeTooLarge,
		roster.CodeMoved, roster.CodeRefused, roster.CodeOverloaded, roster.CodeInternal, roster.CodeUnavailable, roster.CodeUnknown} {
		refusal := &roster.Error{Code: code, Shard: 3, Index: 7, RetryAfter: 1500 * time.Millisecond, Cause: errors.New("secret cause")}
		f := fixtureOver(t, func(s roster.Service) roster.Service { return faulty{s, fmt.Errorf("wrapped: %w", refusal)} }, memservice.Config{}, Options{})
		for _, got := range []reply{f.want(code.HTTPStatus(), get, one, ""), f.want(code.HTTPStatus(), put, one, `{}`), f.want(code.HTTPStatus(), get, "/v1/watch", "")} {
			p := f.problem(got)
			if p.Code != code || p.Shard != 3 || p.Index != 7 || p.Retryable != code.Retryable() || strings.Contains(string(got.body), "secret") {
				t.Errorf("%s is told as %s", code, got.body)
			}
			if after := got.Header.Get("Retry-After"); (got.StatusCode == 429 || got.StatusCode == 503) != (after == "2") {
				t.Errorf("%s: Retry-After %q", code, after)
			}
		}
	}
}

func TestPanics(t *testing.T) {
	f := fixtureOver(t, func(s roster.Service) roster.Service { return faulty{s, nil} }, memservice.Config{}, Options{})
	for _, path := range []string{one, "/v1/watch"} {
		if p := f.problem(f.want(500, get, path, "")); p.Code != roster.CodeInternal || strings.Contains(p.Detail, "purpose") {
			t.Errorf("a panic is told as %+v", p)
		}
	}
	if metrics := string(f.want(200, get, "/metrics", "").body); !strings.Contains(metrics, "roster_http_panics_total 2") {
		t.Error("panics are not counted")
	}
	late := fixtureOver(t, func(s roster.Service) roster.Service { return faulty{s, context.DeadlineExceeded} }, memservice.Config{}, Options{})
	late.want(503, get, one, "")
	late.want(504, put, one, `{}`)
	foreign := fixtureOver(t, func(s roster.Service) roster.Service { return faulty{s, errors.New("disk on fire")} }, memservice.Config{}, Options{})
	if p := foreign.problem(foreign.want(500, get, one, "")); strings.Contains(p.Detail, "fire") {
		t.Errorf("the cause of a fault is told: %+v", p)
	}
}

// BenchmarkGetAgent measures the handler alone, without a connection.
func BenchmarkGetAgent(b *testing.B) {
	s := memservice.New(memservice.Config{})
	defer s.Close()
	agent := roster.Agent{ID: "demo/a", Capabilities: []roster.Capability{{Name: "translate", Version: "2"}}, Labels: roster.Map{{Key: "tier", Value: "gold"}}}
	if _, _, err := s.Register(b.Context(), roster.Register{Agent: agent}); err != nil {
		b.Fatal(err)
	}
	h := New(s, Options{})
	r := httptest.NewRequest(get, one, nil)
	r.Host = "127.0.0.1:7400"
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != 200 {
			b.Fatal(w.Code)
		}
	}
}
