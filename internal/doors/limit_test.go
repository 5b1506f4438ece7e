package doors_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"roster"
	"roster/httpapi"
	"roster/httpapi/door"
	"roster/httpapi/quota"
)

// TestTokensAreLimitedOneByOne: a token that asks too much gets 429 with Retry-After and a
// problem, others go on, and health is never counted.
func TestTokensAreLimitedOneByOne(t *testing.T) {
	run(t, func(d *doors) {
		d.issue(0, "reads all", time.Hour, "read")
		d.issue(0, "administers", time.Hour, "admin")
		q := quota.New(quota.Limits{Rate: 1, Burst: 3}, time.Now, nil)
		d.handlers[0] = httpapi.New(d.Node(0), httpapi.Options{Tokens: door.Limited{Keeper: d.Node(0), Limiter: q}})
		for range 10 {
			d.want(200, 0, "reads all", "GET", "/livez", "")
			d.want(200, 0, "reads all", "GET", "/readyz", "")
		}
		for range 3 {
			d.want(200, 0, "reads all", "GET", "/v1/agents/demo/a", "")
		}
		w := d.ask(0, "reads all", "GET", "/v1/agents/demo/a", "")
		if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Body.String(), string(roster.CodeOverloaded)) {
			t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
		}
		d.want(200, 0, "administers", "GET", "/v1/agents/demo/a", "")
		d.want(200, 0, "reads all", "GET", "/readyz", "")
		d.want(200, 1, "reads all", "GET", "/v1/agents/demo/a", "") // another node counts for itself
		<-time.After(time.Second)
		d.want(200, 0, "reads all", "GET", "/v1/agents/demo/a", "")
	})
}

// TestRequestsUnderWayAreLimited: an open watch counts until it ends, and its end is counted,
// too; refused requests hold nothing.
func TestRequestsUnderWayAreLimited(t *testing.T) {
	run(t, func(d *doors) {
		d.issue(0, "reads demo", time.Hour, "read:demo")
		q := quota.New(quota.Limits{Concurrent: 1}, time.Now, nil)
		d.handlers[0] = httpapi.New(d.Node(0), httpapi.Options{Tokens: door.Limited{Keeper: d.Node(0), Limiter: q}})
		for range 5 {
			d.want(200, 0, "reads demo", "GET", "/v1/agents/demo/a", "")
			d.want(403, 0, "reads demo", "GET", "/v1/agents/other/a", "")
		}
		ctx, cancel := context.WithCancel(context.Background())
		begun, ended := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(ended)
			d.handlers[0].ServeHTTP(&flushed{ResponseRecorder: httptest.NewRecorder(), first: begun}, d.request(ctx, "reads demo", "GET", "/v1/watch?namespace=demo", ""))
		}()
		<-begun
		d.want(429, 0, "reads demo", "GET", "/v1/agents/demo/a", "")
		cancel()
		<-ended
		d.want(200, 0, "reads demo", "GET", "/v1/agents/demo/a", "")
	})
}

// flushed tells when a stream has begun.
type flushed struct {
	*httptest.ResponseRecorder
	first chan struct{}
}

var _ http.Flusher = (*flushed)(nil)

// Flush implements http.Flusher.
func (f *flushed) Flush() {
	if f.first != nil {
		close(f.first)
		f.first = nil
	}
}
