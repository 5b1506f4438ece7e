package client

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"roster"
)

// event writes one message of a watch.
func event(w http.ResponseWriter, id, kind, agent string) {
	fmt.Fprintf(w, "id: %s\nevent: %s\ndata: {\"id\":%q,\"shard\":2,\"index\":4,\"agent\":{\"id\":%q}}\n\n", id, kind, agent, agent)
	_ = http.NewResponseController(w).Flush()
}

func openStream(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, ": hello\n\n")
	_ = http.NewResponseController(w).Flush()
}

func TestWatchResumesOnAnotherNode(t *testing.T) {
	var asked []string
	handler := func(w http.ResponseWriter, r *http.Request) {
		after := r.URL.Query().Get("after")
		asked = append(asked, after)
		nth := len(asked) // what comes after the first byte of the answer may run beside the next request
		w.Header().Set("Roster-Token", "T0")
		openStream(w)
		switch after {
		case "": // cut before the first event
		case "C1":
			event(w, "C2", "changed", "demo/a")
			event(w, "C3", "left", "demo/a")
			<-r.Context().Done()
			return
		}
		if nth == 2 {
			event(w, "C1", "entered", "demo/a")
		}
		hang(w)
	}
	one, two := serve(t, handler), serve(t, handler)
	var got []string
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for e, err := range dial(t, one.URL, two.URL).Watch(ctx, roster.Query{}, "") {
		if err != nil {
			t.Fatal(err)
		}
		record := e.After
		if e.Type == roster.EventLeft {
			record = e.Before
		}
		got = append(got, fmt.Sprintf("%s %s %s %d %d", e.Type, record.ID, e.Cursor, e.Shard, e.Index))
		if e.Type == roster.EventLeft {
			break
		}
	}
	if want := "entered demo/a C1 2 4|changed demo/a C2 2 4|left demo/a C3 2 4"; strings.Join(got, "|") != want {
		t.Errorf("events = %q, want %q", got, want)
	}
	if want := "|T0|C1"; strings.Join(asked, "|") != want {
		t.Errorf("asked after %q, want %q", asked, want)
	}
}

func TestHowWatchesEnd(t *testing.T) {
	gone := `{"code":"Gone","status":410,"detail":"too slow"}`
	tests := map[string]struct {
		query  roster.Query
		answer http.HandlerFunc
		code   roster.Code
		events int
	}{
		"compacted": {roster.Query{}, func(w http.ResponseWriter, r *http.Request) { refuse(w, roster.Errorf(roster.CodeGone, "compacted")) }, roster.CodeGone, 0},
		"cut for slowness": {roster.Query{}, func(w http.ResponseWriter, r *http.Request) {
			openStream(w)
			event(w, "C1", "entered", "demo/a")
			fmt.Fprintf(w, "event: error\ndata: %s\n\n", gone)
		}, roster.CodeGone, 1},
		"cut among the initial matches": {roster.Query{Initial: true}, func(w http.ResponseWriter, r *http.Request) {
			openStream(w)
			event(w, "", "entered", "demo/a")
			hang(w)
		}, roster.CodeUnavailable, 1},
		"unreadable event": {roster.Query{}, func(w http.ResponseWriter, r *http.Request) {
			openStream(w)
			fmt.Fprint(w, "event: entered\ndata: {}\n\n")
		}, roster.CodeInternal, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, test.answer)
			after := roster.Cursor("C0")
			if test.query.Initial {
				after = ""
			}
			events := 0
			var end error
			for _, err := range dial(t, s.URL).Watch(t.Context(), test.query, after) {
				if err != nil {
					end = err
					continue
				}
				events++
			}
			if roster.CodeOf(end) != test.code || events != test.events {
				t.Errorf("%d events, then %v; want %d, then %s", events, end, test.events, test.code)
			}
		})
	}
}

func TestInitialMatchesEndWithSynced(t *testing.T) {
	var asked []string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Query().Get("initial")+r.URL.Query().Get("after"))
		nth := len(asked)
		openStream(w)
		if nth == 1 {
			event(w, "", "entered", "demo/a")
			fmt.Fprint(w, "id: C1\nevent: synced\ndata: {}\n\n")
			_ = http.NewResponseController(w).Flush()
			hang(w)
			return
		}
		event(w, "C2", "changed", "demo/a")
	})
	var got []string
	for e, err := range dial(t, s.URL).Watch(t.Context(), roster.Query{Initial: true}, "") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(e.Type))
		if e.Type == roster.EventChanged {
			break
		}
	}
	if want := "entered synced changed"; strings.Join(got, " ") != want {
		t.Errorf("events = %q, want %q", got, want)
	}
	if strings.Join(asked, " ") != "true C1" {
		t.Errorf("asked %q, want first initial, then after C1", asked)
	}
}

func TestWatchEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { openStream(w); cancel(); <-r.Context().Done() })
	for e, err := range dial(t, s.URL).Watch(ctx, roster.Query{}, "C0") {
		t.Errorf("yielded %v, %v after the context ended", e, err)
	}
}

func TestHoldMovesAndEnds(t *testing.T) {
	var holds int
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		holds++
		if holds == 3 {
			refuse(w, roster.Errorf(roster.CodeGone, "ended"))
			return
		}
		openStream(w)
	})
	held := 0
	err := dial(t, s.URL).HoldSession(t.Context(), "s1", func() { held++ })
	if roster.CodeOf(err) != roster.CodeGone || held != 1 || holds != 3 {
		t.Errorf("HoldSession = %v, held %d times over %d connections; want Gone, 1, 3", err, held, holds)
	}
}

func TestHoldEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { openStream(w); <-r.Context().Done() })
	if err := dial(t, s.URL).HoldSession(ctx, "s1", cancel); err != nil {
		t.Errorf("HoldSession = %v, want nil", err)
	}
}
