package doors_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"encoding/json"

	"roster"
)

// TestPagesShowNoOther: lists, pages and watches hold the namespaces that a token reads,
// whatever the query asks for.
func TestPagesShowNoOther(t *testing.T) {
	run(t, func(d *doors) {
		d.issue(1, "reads demo", time.Hour, "read:demo")
		d.issue(2, "reads de*", time.Hour, "read:de*")
		d.issue(0, "writes two", time.Hour, "write:demo", "read:other")
		d.issue(0, "reads all", time.Hour, "read")
		sights := map[string][]string{"reads demo": {"demo/a"}, "reads de*": {"deep/a", "demo/a"}, "writes two": {"demo/a", "other/a"}, "reads all": {"deep/a", "demo/a", "other/a"}}
		queries := []string{"", "capability=plan", "text=a", "filter=" + url.QueryEscape(`namespace != "demo" or namespace == "demo"`), "filter=" + url.QueryEscape(`not (id contains "zz")`)}
		for name, want := range sights {
			for i := range d.handlers {
				for _, q := range queries {
					for _, list := range []string{"/v1/agents?", "/v1/agents:find?"} {
						if got := d.pages(i, name, list+q); !slices.Equal(got, want) {
							d.Errorf("%s at node %d sees %q by %s%s, want %q", name, i, got, list, q, want)
						}
					}
				}
				stream := d.ask(i, name, "GET", "/v1/watch?initial=true", "").Body.String()
				for _, id := range sights["reads all"] {
					if strings.Contains(stream, `"id":"`+id+`"`) != slices.Contains(want, id) {
						d.Errorf("%s at node %d watches %s: %s", name, i, id, stream)
					}
				}
			}
		}
		for i := range d.handlers {
			d.want(403, i, "reads demo", "GET", "/v1/agents?namespace=other", "")
			d.want(403, i, "reads demo", "GET", "/v1/agents?namespace=demo&namespace=other", "")
			d.want(403, i, "reads demo", "GET", "/v1/agents:find?explain=true", "")
			d.want(200, i, "reads all", "GET", "/v1/agents:find?explain=true", "")
			d.want(403, i, "reads demo", "POST", "/v1/agents:lookup", `{"ids":["demo/a","other/a"]}`)
			d.want(403, i, "reads demo", "GET", "/v1/agents/other/nobody", "") // and not 404
		}
	})
}

// pages returns the ids of all pages of a list, in order, a page of one at a time.
func (d *doors) pages(i int, caller, path string) (ids []string) {
	d.Helper()
	for cursor := ""; ; {
		var page roster.Page
		body := d.want(200, i, caller, "GET", path+"&limit=1&read=linearizable&cursor="+cursor, "")
		if err := json.Unmarshal([]byte(body), &page); err != nil {
			d.Fatal(err)
		}
		for _, record := range page.Agents {
			ids = append(ids, string(record.ID))
		}
		if cursor = string(page.Cursor); cursor == "" {
			slices.Sort(ids) // a text orders by score
			return ids
		}
	}
}

// TestBatchesAreJudgedItemByItem: what a token may not do is refused alone, and the rest
// is done, under the same numbers in a retry.
func TestBatchesAreJudgedItemByItem(t *testing.T) {
	run(t, func(d *doors) {
		d.issue(0, "writes demo", time.Hour, "write:demo", "read")
		batch := `{"mode":"put","agents":[{"id":"demo/x"},{"id":"other/x"},{"id":"demo/y","session":"other~s"},{"id":"demo/z"}]}`
		for i := range d.handlers {
			body := d.want(200, i, "writes demo", "POST", "/v1/agents:register", batch)
			if strings.Count(body, `"code":"Denied"`) != 2 {
				d.Errorf("node %d: %s", i, body)
			}
			for id, status := range map[string]int{"demo/x": 200, "demo/z": 200, "other/x": 404, "demo/y": 404} {
				d.want(status, i, "writes demo", "GET", "/v1/agents/"+id+"?read=linearizable", "")
			}
		}
		d.want(403, 0, "writes demo", "POST", "/v1/agents", `{"id":"demo/y","session":"plain"}`)
		d.want(403, 0, "writes demo", "POST", "/v1/commands", `{"kind":"update","body":{"id":"other/a","description":"x"}}`)
		d.want(403, 0, "writes demo", "POST", "/v1/sessions", `{"ttl":"15s"}`)
		d.want(201, 0, "writes demo", "POST", "/v1/sessions", `{"id":"demo~1","ttl":"15s"}`)
		d.want(201, 1, "writes demo", "POST", "/v1/agents", `{"id":"demo/y","session":"demo~1"}`)
	})
}

// TestKeysAreTheirCallersOwn: an Idempotency-Key that somebody else used answers nothing of
// his write, in whatever shard, and stops none; the caller's own runs once.
func TestKeysAreTheirCallersOwn(t *testing.T) {
	run(t, func(d *doors) {
		d.issue(0, "writes demo", time.Hour, "write:demo")
		d.issue(0, "writes other", time.Hour, "write:other")
		send := func(i int, caller, id string) string {
			r := d.request(context.Background(), caller, "POST", "/v1/commands", `{"kind":"register","body":{"agent":{"id":"`+id+`"}}}`)
			r.Header.Set("Idempotency-Key", "order-4711")
			w := &lines{header: http.Header{}}
			d.handlers[i].ServeHTTP(w, r)
			return w.String()
		}
		for n := range 8 { // in all shards
			mine := send(0, "writes demo", fmt.Sprintf("demo/k%d~1", n))
			for i := range d.handlers {
				if again := send(i, "writes demo", fmt.Sprintf("demo/k%d~1", n)); again != mine && !strings.Contains(again, "demo/k") {
					d.Errorf("the same key again: %s", again)
				}
			}
		}
		for n := range 8 {
			if got := send(1, "writes other", fmt.Sprintf("other/k%d", n)); strings.Contains(got, "demo") {
				d.Errorf("another's key tells %s", got)
			}
		}
		if got := d.pages(0, "writes other", "/v1/agents?"); !slices.Contains(got, "other/k0") {
			d.Errorf("another's key stops a write: %q", got)
		}
	})
}

// TestRevocationHoldsAtOnce: a node that has applied it refuses the token, wherever the
// revocation was asked for; and the token says who made it, wherever that was.
func TestRevocationHoldsAtOnce(t *testing.T) {
	run(t, func(d *doors) {
		d.issue(0, "administers", time.Hour, "admin")
		for i := range d.handlers {
			var made struct {
				Token  roster.AccessToken `json:"token"`
				Secret string             `json:"secret"`
			}
			if err := json.Unmarshal([]byte(d.want(201, i, "administers", "POST", "/v1/tokens", `{"name":"short","rules":["read"],"ttl":"1h"}`)), &made); err != nil {
				d.Fatal(err)
			}
			if made.Token.CreatedBy != roster.Principal(d.ids["administers"]) {
				d.Errorf("made at node %d by %q", i, made.Token.CreatedBy)
			}
			d.secrets["short"] = made.Secret
			d.settle()
			for j := range d.handlers {
				d.want(200, j, "short", "GET", "/v1/agents", "")
			}
			d.want(204, i, "administers", "DELETE", "/v1/tokens/"+made.Token.ID, "")
			d.settle()
			for j := range d.handlers {
				d.want(401, j, "short", "GET", "/v1/agents", "")
			}
		}
	})
}

// TestStreamsEndWithTheirToken: what happens after a revocation is not shown on a watch
// that stood before, and a hold lets its session go.
func TestStreamsEndWithTheirToken(t *testing.T) {
	run(t, func(d *doors) {
		d.issue(0, "writes demo", time.Hour, "write:demo")
		d.want(201, 0, "writes demo", "POST", "/v1/sessions", `{"id":"demo~held","ttl":"15s"}`)
		streams := map[string]*lines{}
		ended := make(chan string, 2)
		for _, path := range []string{"/v1/watch", "/v1/sessions/demo~held/hold"} {
			w := &lines{header: http.Header{}}
			streams[path] = w
			r := d.request(context.Background(), "writes demo", "GET", path, "")
			go func() {
				d.handlers[1].ServeHTTP(w, r)
				ended <- path
			}()
			d.Await(path+" stands", func() error { return holds(w.String(), ": roster") })
		}
		enter := func(id roster.AgentID) {
			if _, _, err := d.Node(0).Register(context.Background(), roster.Register{Agent: roster.Agent{ID: id}}); err != nil {
				d.Fatal(err)
			}
		}
		enter("demo/early")
		d.Await("the watch shows an agent", func() error { return holds(streams["/v1/watch"].String(), "demo/early") })
		if err := d.Node(2).RevokeToken(context.Background(), d.ids["writes demo"]); err != nil {
			d.Fatal(err)
		}
		d.settle()
		enter("demo/late")
		for range 2 {
			select {
			case path := <-ended:
				if err := holds(streams[path].String(), "event: error", `"status":401`); err != nil {
					d.Errorf("%s ended otherwise: %v", path, err)
				}
			case <-time.After(time.Minute):
				d.Fatal("a stream outlives its token")
			}
		}
		if holds(streams["/v1/watch"].String(), "demo/late") == nil {
			d.Error("the watch shows what happened after the revocation")
		}
		d.Await("the held session ends", func() error {
			if _, _, err := d.Node(0).Session(context.Background(), "demo~held"); roster.CodeOf(err) != roster.CodeGone {
				return fmt.Errorf("it lives: %v", err)
			}
			return nil
		})
	})
}

// TestOddHeaders: two tokens are none, and other schemes are strangers.
func TestOddHeaders(t *testing.T) {
	run(t, func(d *doors) {
		d.issue(0, "reads", time.Hour, "read")
		good := "Bearer " + d.secrets["reads"]
		for _, c := range []struct {
			status int
			values []string
		}{{200, []string{good}}, {200, []string{"bearer" + good[6:]}}, {400, []string{good, good}}, {401, []string{"Basic" + good[6:]}}, {401, []string{good[7:]}}, {401, []string{good + " "}},
			{401, []string{"Bearer  " + good[7:]}}, {401, []string{"Bearer " + strings.Repeat("x", 10<<10)}}, {401, []string{""}}} {
			r := d.request(context.Background(), "none", "GET", "/v1/agents", "")
			r.Header["Authorization"] = c.values
			w := &recorded{}
			d.handlers[2].ServeHTTP(w, r)
			if w.status != c.status {
				d.Errorf("%.60q: %d, want %d", c.values, w.status, c.status)
			}
		}
		d.want(200, 0, "unknown", "GET", "/livez", "")
		if body := d.want(200, 0, "unknown", "GET", "/readyz?verbose", ""); !strings.Contains(body, `"detail":""`) || strings.Contains(body, "belongs to cluster") {
			d.Errorf("a stranger learns %s", body)
		}
		if body := d.want(200, 0, "reads", "GET", "/readyz?verbose", ""); !strings.Contains(body, "belongs to cluster") {
			d.Errorf("who has a token learns only %s", body)
		}
	})
}

// recorded keeps a status.
type recorded struct {
	header http.Header
	status int
}

func (w *recorded) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	return w.header
}
func (w *recorded) WriteHeader(status int)      { w.status = status }
func (w *recorded) Write(b []byte) (int, error) { return len(b), nil }
