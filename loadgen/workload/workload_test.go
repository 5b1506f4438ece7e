package workload_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"roster"
	"roster/cmd/node/intake"
	"roster/httpapi"
	"roster/internal/memservice"
	"roster/loadgen"
	"roster/loadgen/check"
	"roster/loadgen/report"
	"roster/loadgen/workload"
)

// serve serves a service in memory, wrapped, and returns its address.
func serve(t *testing.T, wrap func(*memservice.Service) roster.Service) string {
	t.Helper()
	service := memservice.New(memservice.Config{})
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	server := httptest.NewServer(httpapi.New(wrap(service), httpapi.Options{Decode: intake.DecodeCommand, Metrics: metrics, Gatherer: metrics}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		service.Close()
	})
	return server.Listener.Addr().String()
}

func honest(s *memservice.Service) roster.Service { return s }

// short is a run of a profile that is over soon.
func short(profile, address string) workload.Config {
	warmup := 50 * time.Millisecond
	return workload.Config{Profile: profile, Addresses: []string{address}, Duration: 400 * time.Millisecond, Warmup: &warmup, Agents: 200, Rate: 200, Seed: 3}
}

func run(t *testing.T, c workload.Config) report.Run {
	t.Helper()
	got, err := workload.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestProfiles runs every profile for a moment: operations succeed, promises hold, and
// nothing is left behind.
func TestProfiles(t *testing.T) {
	address := serve(t, honest)
	want := map[string][]string{
		"burst": {"burst-100", "burst-25", "burst-50", "burst-75"}, "churn": {"churn", "deregister"},
		"zipf": {"lookup", "update"}, "soak": {"churn", "deregister", "find", "lookup", "update"},
		"chaos": {"churn", "deregister", "lookup", "read", "register", "update"},
	}
	for _, p := range workload.Profiles() {
		c := short(p.Name, address)
		if p.Name == "burst" {
			c.Duration = 1200 * time.Millisecond
		}
		if p.Name == "ramp" {
			c.P99Max, c.Duration, c.Rate = 10*time.Millisecond, 100*time.Millisecond, 400
		}
		got := run(t, c)
		if got.Load.Count() == 0 || (got.Load.Failed() != 0 && p.Name != "ramp") {
			t.Errorf("%s: %d succeeded, %d failed: %+v", p.Name, got.Load.Count(), got.Load.Failed(), got.Load.Operations)
		}
		var names []string
		for _, op := range got.Load.Operations {
			names = append(names, op.Name)
		}
		if w := want[p.Name]; w != nil && !slices.Equal(names, w) {
			t.Errorf("%s: operations %v, want %v", p.Name, names, w)
		}
		for _, v := range got.Checks {
			if v.Violations != 0 || (v.Checked == 0 && v.Name != "acknowledged") {
				t.Errorf("%s: %+v", p.Name, v)
			}
		}
		if len(got.Usage.Processes) != 1 || got.Usage.CPUPerOp <= 0 {
			t.Errorf("%s: usage %+v: want the CPU of one process", p.Name, got.Usage)
		}
		if (p.Name == "ramp") != (len(got.Steps) > 0) || (p.Name == "soak") != (len(got.Drift) > 0) {
			t.Errorf("%s: %d steps, drift %v", p.Name, len(got.Steps), got.Drift)
		}
	}
	left, err := http.Get("http://" + address + "/v1/agents")
	if err != nil {
		t.Fatal(err)
	}
	defer left.Body.Close()
	if body, _ := io.ReadAll(left.Body); !strings.Contains(string(body), `"agents":[]`) {
		t.Errorf("left behind: %.200s", body)
	}
}

// TestMixes runs every kind of operation, in a closed loop that ends by their number.
func TestMixes(t *testing.T) {
	c := short("steady", serve(t, honest))
	c.Closed, c.Operations, c.Duration, c.Warmup = 8, 500, time.Minute, new(time.Duration)
	for _, name := range []string{"lookup", "read", "find", "update", "register", "register100", "put100", "churn"} {
		c.Mix = append(c.Mix, workload.Share{Name: name, Weight: 1})
	}
	got := run(t, c)
	if n := got.Load.Count() - got.Load.Operation("deregister").Count; n != 500 || got.Load.Failed() != 0 {
		t.Errorf("%d succeeded, %d failed; want all 500, and none", n, got.Load.Failed())
	}
	for _, v := range got.Checks {
		if v.Violations != 0 {
			t.Errorf("%+v", v)
		}
	}
}

// faulty is a service that breaks one promise.
type faulty struct {
	roster.Service
	lookup func(*roster.Record, roster.Read) *roster.Record
	lose   bool // says that updates are done, and does not do them
	expire bool // ends sessions that are renewed
	skip   bool // leaves every third event of a watch out

	mu struct {
		sync.Mutex
		first map[roster.AgentID]*roster.Record
	}
}

func (f *faulty) Lookup(ctx context.Context, id roster.AgentID, r roster.Read) (*roster.Record, roster.Stamp, error) {
	record, stamp, err := f.Service.Lookup(ctx, id, r)
	if err == nil && f.lookup != nil {
		record = f.lookup(record, r)
	}
	return record, stamp, err
}

func (f *faulty) Do(ctx context.Context, c roster.Command) (roster.Result, roster.Stamp, error) {
	update, ok := c.(roster.Update)
	if !ok || !f.lose {
		return f.Service.Do(ctx, c)
	}
	record, stamp, err := f.Service.Lookup(ctx, update.ID, roster.Read{})
	if err != nil {
		return roster.Result{}, stamp, err
	}
	lie := *record
	lie.Revision += 100
	return roster.Result{Index: lie.Revision, Value: roster.Change{Outcome: roster.OutcomeUpdated, Record: &lie}}, stamp, nil
}

func (f *faulty) RenewSessions(ctx context.Context, ids []roster.SessionID) ([]error, error) {
	if !f.expire {
		return f.Service.RenewSessions(ctx, ids)
	}
	out := make([]error, len(ids))
	for i := range out {
		out[i] = roster.Errorf(roster.CodeGone, "it has expired")
	}
	return out, nil
}

func (f *faulty) Watch(ctx context.Context, q roster.Query, after roster.Cursor) iter.Seq2[roster.Event, error] {
	return func(yield func(roster.Event, error) bool) {
		n := 0
		for event, err := range f.Service.Watch(ctx, q, after) {
			if n++; f.skip && n%3 == 0 && err == nil {
				continue
			}
			if !yield(event, err) {
				return
			}
		}
	}
}

// older shows the record that was seen first instead of the newest, once there are two.
func (f *faulty) older(at roster.Level) func(*roster.Record, roster.Read) *roster.Record {
	return func(record *roster.Record, r roster.Read) *roster.Record {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.mu.first == nil {
			f.mu.first = map[roster.AgentID]*roster.Record{}
		}
		if f.mu.first[record.ID] == nil {
			f.mu.first[record.ID] = record
		}
		if r.Level == at {
			return f.mu.first[record.ID]
		}
		return record
	}
}

// TestBrokenPromisesAreFound plants one fault after the other under a whole run, and
// wants the checker that it belongs to to find it, and none where there is none.
func TestBrokenPromisesAreFound(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: several runs")
	}
	back := 0
	for name, plant := range map[string]func(f *faulty){
		"acknowledged":     func(f *faulty) { f.lose = true },
		"linearizable":     func(f *faulty) { f.lookup = f.older(roster.ReadLinearizable) },
		"read-your-writes": func(f *faulty) { f.lookup = f.older(roster.ReadFresh) },
		"watch":            func(f *faulty) { f.skip = true },
		"sessions":         func(f *faulty) { f.expire = true },
		"revisions": func(f *faulty) {
			f.lookup = func(r *roster.Record, _ roster.Read) *roster.Record {
				f.mu.Lock()
				defer f.mu.Unlock()
				if back++; back%50 == 0 {
					old := *r
					old.Revision--
					return &old
				}
				return r
			}
		},
	} {
		address := serve(t, func(s *memservice.Service) roster.Service {
			f := &faulty{Service: s}
			plant(f)
			return f
		})
		c := short("steady", address)
		c.Duration, c.Agents, c.Rate = time.Second, 20, 400
		if name == "sessions" {
			c.Profile, c.Duration, c.Rate = "light", 5*time.Second, 50 // until the first renewals
		}
		got := run(t, c)
		if !slices.ContainsFunc(got.Checks, func(v check.Verdict) bool { return v.Name == name && v.Violations > 0 }) {
			t.Errorf("%s: the planted fault was not found: %+v", name, got.Checks)
		}
	}
}

func TestSilentClusterIsAnError(t *testing.T) {
	c := short("steady", "127.0.0.1:1")
	if _, err := workload.Run(t.Context(), c); roster.CodeOf(err) != roster.CodeUnavailable {
		t.Errorf("%v; want Unavailable", err)
	}
}

func TestInterruptedRunReports(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := short("steady", serve(t, honest))
	c.Duration = time.Hour
	rows := 0
	c.Progress = func(loadgen.Row) {
		if rows++; rows == 1 {
			cancel()
		}
	}
	got, err := workload.Run(ctx, c)
	if err != nil || !got.Load.Interrupted || got.Load.Count() == 0 {
		t.Errorf("%v, %+v; want what there was, interrupted", err, got.Load)
	}
}

func TestConfigsAreChecked(t *testing.T) {
	for field, c := range map[string]workload.Config{
		"profile": {Profile: "stedy"}, "scale": {Profile: "steady", Scale: -1}, "rate": {Profile: "steady", Rate: 1e9},
		"agents": {Profile: "steady", Agents: -1}, "duration": {Profile: "steady", Duration: -1}, "connections": {Profile: "steady", Connections: 1 << 20},
		"outstanding": {Profile: "steady", Outstanding: -1}, "closed": {Profile: "burst", Closed: 5}, "errors-max": {Profile: "ramp", ErrorsMax: 2},
		"mix": {Profile: "steady", Mix: []workload.Share{{Name: "lokup", Weight: 1}}},
	} {
		err := c.Validate()
		if err == nil || !strings.Contains(fmt.Sprint(err), field) {
			t.Errorf("%s: %v; want it named", field, err)
		}
	}
}
