package client

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"roster"
	"roster/client/problem"
)

// serve starts a server that lives as long as the test.
func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s
}

// dial returns a client with short pauses for the given addresses.
func dial(t *testing.T, addresses ...string) *Client {
	t.Helper()
	c, err := New(Config{Addresses: addresses, RetryMin: time.Millisecond, RetryMax: 2 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// closedAddress returns an address at which nothing listens.
func closedAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// refuse answers with a problem.
func refuse(w http.ResponseWriter, e *roster.Error) {
	w.Header().Set("Content-Type", "application/problem+json")
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", "0")
	}
	w.WriteHeader(e.HTTPStatus())
	_ = json.NewEncoder(w).Encode(problem.Problem{Status: e.HTTPStatus(), Detail: e.Detail, Code: e.Code, Field: e.Field, Index: e.Index, Position: e.Position})
}

// reply answers with JSON.
func reply(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(body))
}

// hang breaks the connection without an answer.
func hang(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

const createdAnswer = `{"index":5,"token":"T","value":{"outcome":"created","agent":{"id":"demo/a","revision":5}}}`
