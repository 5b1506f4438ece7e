package httpapi

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"roster"
	"roster/agentpool"
	"roster/fleet"
	"roster/httpapi/ui"
	"roster/internal/memservice"
	"roster/node"
	"roster/node/fleets"
)

// followed is what the page's scripts know.
type followed struct {
	Live  bool                      `json:"live"`
	Lists int                       `json:"lists"` // asked for so far
	Nodes map[string]map[string]int `json:"nodes"` // agents by status, by node; "" is none yet
}

// follower is the page's scripts, run against a server that can be shut.
type follower struct {
	*testing.T
	service roster.Service
	server  *httptest.Server
	shut    atomic.Bool
	told    *bufio.Scanner
}

func follow[S interface {
	roster.Service
	fleet.Service
}](t *testing.T, s S) *follower {
	program, err := exec.LookPath("node")
	if err != nil {
		t.Skip("Node.js (node) is not installed: the page's scripts are not run")
	}
	api := New(s, Options{Fleets: s})
	f := &follower{T: t, service: s}
	f.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f.shut.Load() {
			panic(http.ErrAbortHandler)
		}
		api.ServeHTTP(w, r)
	}))
	t.Cleanup(f.server.Close)
	run := exec.CommandContext(t.Context(), program, filepath.Join(scriptsDir(t), "follow.mjs"), f.server.URL)
	run.Stderr = os.Stderr
	out, err := run.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = run.Process.Kill() // else it follows for ever
		_ = run.Wait()
	})
	f.told = bufio.NewScanner(out)
	return f
}

// scriptsDir returns a directory that holds the page's scripts and follow.mjs.
func scriptsDir(t *testing.T) string {
	dir := t.TempDir()
	script, err := os.ReadFile("testdata/follow.mjs")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"follow.mjs": script, "package.json": []byte(`{"type":"module"}`)}
	for _, a := range ui.Assets() {
		if strings.HasSuffix(a.Pattern, ".js") {
			files[filepath.Base(a.Pattern)] = a.Body
		}
	}
	for name, body := range files {
		if err := os.WriteFile(filepath.Join(dir, name), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// until reads on until the scripts say want.
func (f *follower) until(want followed) {
	f.Helper()
	var last followed
	for f.told.Scan() {
		last = followed{}
		if err := json.Unmarshal(f.told.Bytes(), &last); err != nil {
			f.Fatalf("%v in %s", err, f.told.Bytes())
		}
		if reflect.DeepEqual(last, want) {
			return
		}
	}
	f.Fatalf("the scripts ended at %+v, want %+v", last, want)
}

// cut ends all connections and lets no other begin until the function that it returns is called.
func (f *follower) cut(known followed) (mend func()) {
	f.Helper()
	f.shut.Store(true)
	f.server.CloseClientConnections()
	known.Live = false
	f.until(known)
	return func() { f.shut.Store(false) }
}

func (f *follower) do(c roster.Command) {
	f.Helper()
	if result, _, err := f.service.Do(f.Context(), c); err != nil || result.Err != nil {
		f.Fatal(c, result, err)
	}
}

func crew(count int) fleet.Set {
	return fleet.Set{Fleet: fleet.Fleet{ID: "demo/crew", Count: count, Spec: fleet.Spec{Driver: "inproc", Entry: "idle"}}}
}

// TestPageFollows runs the page's own scripts against a node: they see members placed and
// run, and go on where they were cut, without a list.
func TestPageFollows(t *testing.T) {
	n, err := node.Open(t.Context(), node.Config{Cluster: "page", Key: make([]byte, node.KeyBytes), Bind: "127.0.0.1:0", Expect: 1, Shards: 1,
		Durability: roster.DurabilityNone, Agents: fleets.Agents{Drivers: []agentpool.Driver{agentpool.NewInproc(agentpool.Entries())}, Busy: func() int64 { return 0 }}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	for err = roster.Errorf(roster.CodeUnavailable, "not founded yet"); roster.CodeOf(err) == roster.CodeUnavailable; {
		_, _, err = n.Register(t.Context(), roster.Register{Agent: roster.Agent{ID: "demo/other"}}) // of no fleet, and so never seen
	}
	if err != nil {
		t.Fatal(err)
	}
	f := follow(t, n)
	f.until(followed{true, 1, map[string]map[string]int{}})
	f.do(crew(2))
	two := followed{true, 1, map[string]map[string]int{string(n.ID()): {"running": 2}}}
	f.until(two)
	mend := f.cut(two)
	f.do(crew(4))
	mend()
	f.until(followed{true, 1, map[string]map[string]int{string(n.ID()): {"running": 4}}})
}

// TestPageListsAgain wants a list when the place of the scripts is no longer kept, and only
// then.
func TestPageListsAgain(t *testing.T) {
	s := memservice.New(memservice.Config{Shards: 1, FeedMax: 64})
	t.Cleanup(s.Close)
	f := follow(t, s)
	waiting := func(lists, n int) followed {
		return followed{true, lists, map[string]map[string]int{"": {"registered": n}}}
	}
	f.do(crew(2))
	f.until(waiting(1, 2))
	mend := f.cut(waiting(1, 2))
	for n := range 80 { // more than is kept
		f.do(crew(3 + n))
	}
	mend()
	f.until(waiting(2, 82))
	f.do(crew(81))
	f.until(waiting(2, 81))
}
