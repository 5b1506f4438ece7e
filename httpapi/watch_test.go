package httpapi

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"testing"
	"time"

	"roster"
	"roster/internal/memservice"
)

// line is one event of a stream, or one comment.
type line struct{ id, event, data, comment string }

// streaming is a stream that is being read.
type streaming struct {
	*fixture
	answer *http.Response
	lines  chan line
	stop   context.CancelFunc
}

// stream opens a stream and reads it until the test ends, or stop.
func (f *fixture) stream(path string, headers ...string) *streaming {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.Context(), 20*time.Second)
	r, err := http.NewRequestWithContext(ctx, get, f.server.URL+path, nil)
	if err != nil {
		f.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := f.server.Client().Do(r)
	if err != nil {
		f.Fatal(err)
	}
	s := &streaming{f, answer, make(chan line, 1000), cancel}
	if answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/event-stream" {
		f.Fatalf("%s: %d, %s", path, answer.StatusCode, answer.Header.Get("Content-Type"))
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.read()
	}()
	f.Cleanup(func() { cancel(); <-ended })
	return s
}

func (s *streaming) read() {
	defer close(s.lines)
	defer s.answer.Body.Close()
	var l line
	for scan := bufio.NewScanner(s.answer.Body); scan.Scan(); {
		name, value, _ := strings.Cut(scan.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case scan.Text() == "":
			if l != (line{}) {
				s.lines <- l
			}
			l = line{}
		case name == "":
			l.comment = value
		case name == "id":
			l.id = value
		case name == "event":
			l.event = value
		case name == "data":
			l.data = value
		}
	}
}

// want reads the next event, comments left out.
func (s *streaming) want(event, id string) line {
	s.Helper()
	for l := range s.lines {
		if l.event == "" {
			continue
		}
		var body struct {
			ID       string         `json:"id"`
			Revision roster.Index   `json:"revision"`
			Agent    *roster.Record `json:"agent"`
		}
		if err := json.Unmarshal([]byte(l.data), &body); err != nil {
			s.Fatalf("%v in %+v", err, l)
		}
		if l.event != event || body.ID != id || (id != "" && (body.Agent == nil || body.Revision != body.Agent.Revision)) {
			s.Fatalf("wanted %s %s, got %+v", event, id, l)
		}
		return l
	}
	s.Fatalf("wanted %s %s, the stream ended", event, id)
	return line{}
}

func TestWatchStream(t *testing.T) {
	f := newFixture(t)
	f.want(201, post, "/v1/agents", agentJSON("demo/a"))
	w := f.stream("/v1/watch?initial=true&namespace=demo")
	if first := w.want("entered", "demo/a"); first.id != "" {
		t.Errorf("an initial match bears the id %q: a reader that comes back with it would miss the rest", first.id)
	}
	synced := w.want("synced", "")
	f.want(200, patch, one, `{"description":"new"}`)
	changed := w.want("changed", "demo/a")
	f.want(204, remove, one, "")
	w.want("left", "demo/a")
	if synced.id == "" || changed.id == "" || changed.id == synced.id {
		t.Errorf("ids %q, %q", synced.id, changed.id)
	}
	w.stop()
	// A browser repeats its address and adds the last id it saw.
	again := f.stream("/v1/watch?initial=true&namespace=demo", "Last-Event-ID", changed.id)
	again.want("left", "demo/a")
	all := f.stream("/v1/watch?namespace=demo&after=" + synced.id)
	all.want("changed", "demo/a")
	all.want("left", "demo/a")
	if head := f.want(200, http.MethodHead, "/v1/watch", ""); head.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("HEAD of a watch: %v", head.Header)
	}
}

// TestWatchFromNow wants nothing to be lost from the moment the head is there.
func TestWatchFromNow(t *testing.T) {
	f := newFixture(t)
	w := f.stream("/v1/watch")
	token := w.answer.Header.Get("Roster-Token")
	f.want(201, post, "/v1/agents", agentJSON("demo/a"))
	w.want("entered", "demo/a")
	w.stop()
	f.stream("/v1/watch?after="+token).want("entered", "demo/a")
	f.stream("/v1/watch", "Roster-Token", token).want("entered", "demo/a")
}

// TestWatchGone wants a position that is not kept to be a status, not a stream.
func TestWatchGone(t *testing.T) {
	f := fixtureOver(t, func(s roster.Service) roster.Service { return s }, memservice.Config{Shards: 1, FeedMax: 4}, Options{})
	token := f.want(201, post, "/v1/agents", agentJSON("demo/a")).Header.Get("Roster-Token")
	for i := range 20 {
		f.want(200, patch, one, fmt.Sprintf(`{"description":"%d"}`, i))
	}
	f.want(410, get, "/v1/watch?after="+token, "")
}

// TestWatchEndsWithError wants an error that comes late to be the last event.
func TestWatchEndsWithError(t *testing.T) {
	f := fixtureOver(t, func(s roster.Service) roster.Service { return &late{s, make(chan struct{})} }, memservice.Config{}, Options{})
	w := f.stream("/v1/watch")
	close(f.api.service.(*late).now)
	for l := range w.lines {
		if l.event == "" {
			continue
		}
		var p struct {
			Code   roster.Code `json:"code"`
			Status int         `json:"status"`
		}
		if err := json.Unmarshal([]byte(l.data), &p); err != nil || l.event != "error" || p.Code != roster.CodeGone || p.Status != 410 {
			t.Errorf("the stream ends with %+v (%v)", l, err)
		}
		if _, more := <-w.lines; more {
			t.Error("more follows after the error")
		}
		return
	}
	t.Error("the stream ends without an error")
}

// late is a service whose watch turns Gone when now is closed.
type late struct {
	roster.Service
	now chan struct{}
}

func (s *late) Watch(ctx context.Context, _ roster.Query, _ roster.Cursor) iter.Seq2[roster.Event, error] {
	return func(yield func(roster.Event, error) bool) {
		select {
		case <-s.now:
			yield(roster.Event{}, roster.Errorf(roster.CodeGone, "too slow"))
		case <-ctx.Done():
		}
	}
}

func TestStreamsAreBounded(t *testing.T) {
	f := fixtureOver(t, func(s roster.Service) roster.Service { return s }, memservice.Config{}, Options{MaxWatchers: 1, MaxHolds: 1})
	first := f.stream("/v1/watch")
	if got := f.want(429, get, "/v1/watch", ""); got.Header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After %q", got.Header.Get("Retry-After"))
	}
	first.stop()
	for range first.lines {
	}
	for f.api.watchers.Load() != 0 { // the handler joins its watch before it counts itself out
		f.want(200, get, "/livez", "")
	}
	f.stream("/v1/watch")
}

func TestHoldStream(t *testing.T) {
	f := newFixture(t)
	f.api.holdGap, f.api.watchGap = 10*time.Millisecond, 10*time.Millisecond
	f.want(201, post, "/v1/sessions", `{"id":"s","ttl":"1s"}`)
	f.want(201, post, "/v1/agents", `{"id":"demo/a","session":"s"}`)
	watch := f.stream("/v1/watch?initial=true")
	watch.want("entered", "demo/a")
	watch.want("synced", "")
	hold := f.stream("/v1/sessions/s/hold")
	for comments := 0; comments < 5; comments++ {
		if l := <-hold.lines; l.comment == "" || l.event != "" {
			t.Errorf("a hold says %+v", l)
		}
	}
	start := time.Now()
	hold.stop()
	watch.want("left", "demo/a")
	if took := time.Since(start); took < roster.SessionGrace-50*time.Millisecond || took > 5*time.Second {
		t.Errorf("the session ended %v after its connection", took)
	}
	f.want(201, post, "/v1/sessions", `{"id":"s2","ttl":"30s"}`)
	hold = f.stream("/v1/sessions/s2/hold")
	<-hold.lines
	f.want(204, remove, "/v1/sessions/s2", "")
	for l := range hold.lines {
		if l.event == "error" && strings.Contains(l.data, `"code":"Gone"`) {
			return
		}
	}
	t.Error("a hold ends without saying why")
}
