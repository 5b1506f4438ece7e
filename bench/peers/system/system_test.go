package system

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"roster"
	"roster/bench/peers/process"
	"roster/bench/peers/record"
	"roster/bench/peers/serve"
)

// The comparison is worth nothing if one of them does not sync.
func TestEveryWriteIsSynced(t *testing.T) {
	site := process.NewSite(t.TempDir())
	defer site.Close()
	synced := strings.Join(NewRedis(site, true).args(), " ")
	if !strings.HasSuffix(synced, "--appendonly yes --appendfsync always") {
		t.Errorf("redis-server %s", synced)
	}
	if unsynced := strings.Join(NewRedis(site, false).args(), " "); strings.Contains(unsynced, "yes") {
		t.Errorf("redis-server %s: reads alone are measured there", unsynced)
	}
	r := NewRoster(site, "roster", "test")
	r.members = []serve.Member{{Name: "roster1", Peer: "127.0.0.1:1"}}
	if args := r.args(0); !slices.Contains(args, string(roster.DurabilitySync)) {
		t.Errorf("roster %v", args)
	}
}

// Keys of NATS know no tilde, and two ids must not become one key.
func TestNATSKeys(t *testing.T) {
	if got := natsKey(record.Class("bench/fo1", 2)); got != "bench/fo1=2" {
		t.Error(got)
	}
}

func TestConnectionsAreShared(t *testing.T) {
	for callers, want := range map[int]int{0: 1, 1: 1, 16: 16, 17: 16, 256: 16} { // order-free: cases
		if got := connections(callers); got != want {
			t.Errorf("%d callers: %d connections, want %d", callers, got, want)
		}
	}
}

// api answers as Roster does where it matters to the client.
func api(t *testing.T, dialed *atomic.Int64) *httptest.Server {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/v1/agents:register":
			fmt.Fprint(w, `{"results":[{"outcome":"created"},{"outcome":"refused"}]}`)
		case strings.HasSuffix(r.URL.Path, "missing"):
			w.WriteHeader(http.StatusNotFound)
		case r.Method == http.MethodPut:
			w.WriteHeader(http.StatusCreated)
		default:
			// More than fits the server's buffer: the answer comes in chunks.
			fmt.Fprint(w, r.URL.RequestURI(), strings.Repeat("x", 9000))
		}
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			dialed.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func TestLeanClient(t *testing.T) {
	var dialed atomic.Int64
	s := newLean([]string{api(t, &dialed).Listener.Addr().String()}, 1)
	defer s.Close()
	ctx := t.Context()
	item := Item{record.ID(1), record.Make(1, 1)}
	if err := s.Put(ctx, 0, item); err != nil {
		t.Error(err)
	}
	got, err := s.Get(ctx, 0, record.ID(1), Linearizable)
	if err != nil || !strings.HasPrefix(string(got), "/v1/agents/"+record.ID(1)+"?read=linearizable") || len(got) < 9000 {
		t.Errorf("%.80s (%d), %v", got, len(got), err)
	}
	if _, err = s.Get(ctx, 0, "bench/missing", Local); err == nil {
		t.Error("404 is taken for a record")
	}
	if err = s.PutBatch(ctx, 0, []Item{item}); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("%v: a batch that was refused in part has succeeded", err)
	}
	if n := dialed.Load(); n != 1 {
		t.Errorf("%d connections, want one that stays", n)
	}
}

// A server that is gone costs an error and no more: the next call goes elsewhere.
func TestLeanClientGoesElsewhere(t *testing.T) {
	var dialed atomic.Int64
	gone, err := process.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	s := newLean([]string{gone, api(t, &dialed).Listener.Addr().String()}, 1)
	defer s.Close()
	if _, err := s.Get(t.Context(), 0, "bench/k", Local); err == nil {
		t.Error("nobody listens there")
	}
	if _, err := s.Get(t.Context(), 0, "bench/k", Local); err != nil {
		t.Error(err)
	}
}

// However many call, there are no more connections than said.
func TestSharedConnections(t *testing.T) {
	var dialed atomic.Int64
	address := api(t, &dialed).Listener.Addr().String()
	s := newShared(newLean([]string{address}, 2), 2)
	defer s.Close()
	errs := make(chan error)
	const callers = 32
	for i := range callers {
		go func() {
			_, err := s.Get(t.Context(), i, record.ID(i), Local)
			errs <- err
		}()
	}
	for range callers {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if n := dialed.Load(); n > 2 {
		t.Errorf("%d connections for %d callers, want 2", n, callers)
	}
}

// A server of HTTP/1.1 does not offer HTTP/2, and one that does is found.
func TestOffersH2C(t *testing.T) {
	var dialed atomic.Int64
	if offersH2C(t.Context(), api(t, &dialed).Listener.Addr().String()) {
		t.Error("HTTP/1.1 is taken for HTTP/2")
	}
	two := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	two.Config.Protocols = new(http.Protocols)
	two.Config.Protocols.SetUnencryptedHTTP2(true)
	two.Start()
	defer two.Close()
	if !offersH2C(t.Context(), two.Listener.Addr().String()) {
		t.Error("HTTP/2 is offered and not found")
	}
}

func TestMissingIsNotUnreachable(t *testing.T) {
	if !Missing(fmt.Errorf("etcd: %w", errMissing)) || !Missing(roster.Errorf(roster.CodeNotFound, "no agent")) {
		t.Error("a record that is not there is not missing")
	}
	if Missing(nil) || Missing(roster.Errorf(roster.CodeUnavailable, "no leader")) {
		t.Error("what nobody could say is taken for a loss")
	}
}
