package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"roster"
)

func TestReadsFailOver(t *testing.T) {
	alive := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Roster-Shard", "3")
		w.Header().Set("Roster-Index", "7")
		w.Header().Set("Roster-Age-Ms", "12")
		w.Header().Set("Roster-Token", "T")
		reply(w, `{"id":"demo/a","revision":5}`)
	})
	unready := serve(t, func(w http.ResponseWriter, r *http.Request) {
		refuse(w, roster.Errorf(roster.CodeUnavailable, "no leader"))
	})
	broken := serve(t, func(w http.ResponseWriter, r *http.Request) { hang(w) })
	c := dial(t, closedAddress(t), unready.URL, broken.URL, alive.URL)
	record, stamp, err := c.Lookup(t.Context(), "demo/a", roster.Read{})
	if err != nil || record.ID != "demo/a" || record.Revision != 5 {
		t.Fatalf("Lookup = %v, %v", record, err)
	}
	if want := (roster.Stamp{Shard: 3, Index: 7, Age: 12 * time.Millisecond, Token: "T"}); stamp != want {
		t.Errorf("stamp = %+v, want %+v", stamp, want)
	}
	if c.Address() != alive.URL {
		t.Errorf("the client stays at %s, want the one that answered", c.Address())
	}
}

func TestWritesKeepTheirRequestWhileRetrying(t *testing.T) {
	var seen []string
	var tries int
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Roster-Request"))
		tries++
		switch tries {
		case 1:
			hang(w)
		case 2:
			refuse(w, roster.Errorf(roster.CodeUnknown, "leader lost"))
		case 3:
			refuse(w, roster.Errorf(roster.CodeOverloaded, "full"))
		default:
			reply(w, createdAnswer)
		}
	})
	c := dial(t, s.URL)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	change, stamp, err := c.Register(ctx, roster.Register{Agent: roster.Agent{ID: "demo/a"}})
	if err != nil || change.Outcome != roster.OutcomeCreated || change.Record.Revision != 5 || stamp.Token != "T" {
		t.Fatalf("Register = %+v, %+v, %v", change, stamp, err)
	}
	for _, request := range seen {
		if request != seen[0] || !strings.HasSuffix(request, "/1/0") {
			t.Errorf("requests = %q, want the same four times, seq 1 and done 0", seen)
		}
	}
	if _, _, err := c.Register(ctx, roster.Register{Agent: roster.Agent{ID: "demo/b"}}); err != nil {
		t.Fatal(err)
	}
	if last := seen[len(seen)-1]; !strings.HasSuffix(last, "/2/1") {
		t.Errorf("second write went as %q, want seq 2 and done 1", last)
	}
}

func TestRequestOfTheCallerIsUsed(t *testing.T) {
	var got string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Get("Roster-Request")
		reply(w, createdAnswer)
	})
	ctx := roster.WithRequest(t.Context(), roster.Request{Client: 0xab, Seq: 9, Done: 3})
	if _, _, err := dial(t, s.URL).Register(ctx, roster.Register{Agent: roster.Agent{ID: "demo/a"}}); err != nil {
		t.Fatal(err)
	}
	if got != "00000000000000ab/9/3" {
		t.Errorf("Roster-Request = %q", got)
	}
}

func TestHowCallsEnd(t *testing.T) {
	write := func(ctx context.Context, c *Client) error {
		_, _, err := c.Register(ctx, roster.Register{Agent: roster.Agent{ID: "demo/a"}})
		return err
	}
	read := func(ctx context.Context, c *Client) error {
		_, _, err := c.Lookup(ctx, "demo/a", roster.Read{})
		return err
	}
	problemOf := func(code roster.Code) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { refuse(w, roster.Errorf(code, "because")) }
	}
	tests := map[string]struct {
		answer  http.HandlerFunc
		call    func(ctx context.Context, c *Client) error
		code    roster.Code
		words   string
		retried bool
	}{
		"refusal":                 {problemOf(roster.CodeConflict), write, roster.CodeConflict, "because", false},
		"not found":               {problemOf(roster.CodeNotFound), read, roster.CodeNotFound, "because", false},
		"unavailable":             {problemOf(roster.CodeUnavailable), write, roster.CodeUnavailable, "because", true},
		"overloaded":              {problemOf(roster.CodeOverloaded), write, roster.CodeOverloaded, "because", true},
		"write unknown":           {problemOf(roster.CodeUnknown), write, roster.CodeUnknown, "because", true},
		"write cut off":           {func(w http.ResponseWriter, r *http.Request) { hang(w) }, write, roster.CodeUnknown, "broke off", true},
		"read cut off":            {func(w http.ResponseWriter, r *http.Request) { hang(w) }, read, roster.CodeUnavailable, "broke off", true},
		"write without an answer": {silent, write, roster.CodeUnknown, "broke off", false},
		"another server": {func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }, read,
			roster.CodeInternal, "is not the Roster API", false},
		"a page of another server": {func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<html>") }, read,
			roster.CodeInternal, "is not the Roster API", false},
		"a gateway in doubt": {func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusBadGateway) }, write,
			roster.CodeUnknown, "is not the Roster API", true},
		"nonsense": {func(w http.ResponseWriter, r *http.Request) { reply(w, `[1]`) }, read,
			roster.CodeInternal, "another version", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var tries atomic.Int32
			s := serve(t, func(w http.ResponseWriter, r *http.Request) { tries.Add(1); test.answer(w, r) })
			ctx, cancel := context.WithTimeout(t.Context(), 60*time.Millisecond)
			defer cancel()
			err := test.call(ctx, dial(t, s.URL))
			if roster.CodeOf(err) != test.code || !strings.Contains(err.Error(), test.words) {
				t.Errorf("error = %v (%s), want %s with %q", err, roster.CodeOf(err), test.code, test.words)
			}
			if retried := tries.Load() > 1; retried != test.retried {
				t.Errorf("tried %d times, want retried = %v", tries.Load(), test.retried)
			}
		})
	}
}

// silent takes a request and never answers.
func silent(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // the server notices that the caller left only after the body
	<-r.Context().Done()
}

func TestUnknownOutlivesALaterCertainty(t *testing.T) {
	// The first attempt may have been executed; that the second was not, tells nothing.
	var tries atomic.Int32
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if tries.Add(1) == 1 {
			hang(w)
			return
		}
		refuse(w, roster.Errorf(roster.CodeUnavailable, "no leader"))
	})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, _, err := dial(t, s.URL).Register(ctx, roster.Register{Agent: roster.Agent{ID: "demo/a"}})
	if roster.CodeOf(err) != roster.CodeUnknown || tries.Load() < 2 {
		t.Errorf("after %d tries: %v, want Unknown", tries.Load(), err)
	}
}

func TestNobodyThere(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	address := closedAddress(t)
	_, _, err := dial(t, address).Register(ctx, roster.Register{Agent: roster.Agent{ID: "demo/a"}})
	if roster.CodeOf(err) != roster.CodeUnavailable || !strings.Contains(err.Error(), "cannot connect to http://"+address) {
		t.Errorf("error = %v, want Unavailable and the address: a refused connection executes nothing", err)
	}
}

func TestConnectForEndsWhereNobodyListens(t *testing.T) {
	c, err := New(Config{Addresses: []string{closedAddress(t)}, RetryMin: time.Millisecond, ConnectFor: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := c.Status(ctx); roster.CodeOf(err) != roster.CodeUnavailable || ctx.Err() != nil {
		t.Errorf("Status = %v, context %v; want Unavailable long before the deadline", err, ctx.Err())
	}
}

func TestCancelEndsTheWait(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() })
	_, _, err := dial(t, s.URL).Lookup(ctx, "demo/a", roster.Read{})
	if roster.CodeOf(err) != roster.CodeUnavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want Unavailable because of context.Canceled", err)
	}
}

func TestAdminActsStayAtTheirNode(t *testing.T) {
	var acts atomic.Int32
	other := serve(t, func(w http.ResponseWriter, r *http.Request) { acts.Add(1); reply(w, `{"joined":1}`) })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	c := dial(t, closedAddress(t), other.URL)
	if err := c.Leave(ctx, false); roster.CodeOf(err) != roster.CodeUnavailable {
		t.Errorf("Leave = %v, want Unavailable", err)
	}
	if _, err := c.Join(ctx, []string{"x:1"}); roster.CodeOf(err) != roster.CodeUnavailable {
		t.Errorf("Join = %v, want Unavailable", err)
	}
	if acts.Load() != 0 {
		t.Errorf("another node was told to leave or join")
	}
}

func TestReadyTellsWhatIsMissing(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `{"code":"Unavailable","checks":[{"name":"leaders","ok":false,"detail":"shard 3"}]}`)
	})
	checks, err := dial(t, s.URL).Ready(t.Context())
	if err != nil || len(checks) != 1 || checks[0].OK || checks[0].Detail != "shard 3" {
		t.Errorf("Ready = %v, %v", checks, err)
	}
}
