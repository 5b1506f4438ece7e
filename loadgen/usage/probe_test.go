package usage_test

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"roster/loadgen/usage"
)

// target answers /metrics like a node of the process that started at start.
func target(t *testing.T, start float64, cpu *atomic.Int64) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total %d\nprocess_start_time_seconds %v\n", cpu.Load(), start)
		fmt.Fprintf(w, "go_memstats_last_gc_time_seconds %v\ngo_memstats_next_gc_bytes 2e+07\nprocess_resident_memory_bytes 3e+07\n", start+1)
		fmt.Fprintf(w, "other{label=\"a b\"} 1\ngo_gc_duration_seconds_count 4\n")
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestProbe(t *testing.T) {
	var one, two atomic.Int64
	one.Store(10)
	two.Store(20)
	silent := httptest.NewServer(http.NotFoundHandler())
	defer silent.Close()
	bases := []string{target(t, 100.5, &one), target(t, 100.5, &one), target(t, 200, &two), silent.URL}
	p, refused := usage.NewProbe(t.Context(), http.DefaultClient, bases, time.Second)
	if len(refused) != 1 || len(p.Processes()) != 2 || len(p.Processes()[0].Nodes) != 2 {
		t.Fatalf("refused %v, processes %+v; want one refusal, and two nodes in one process", refused, p.Processes())
	}
	one.Store(13)
	two.Store(1) // it started again, and spent one second since
	p.Take(t.Context())
	processes := p.Processes()
	for i := range processes {
		processes[i].Samples[0].At, processes[i].Samples[1].At = 0, 4
	}
	got := usage.Between(processes, 1, 3, 1000)
	if got.CPUPerOp != 2000 || got.Cores != 1 || got.RSS != 6e7 || got.LiveEnd != 2e7 {
		t.Errorf("%+v; want half of 4 s, in 2 s, over 1000 operations, 60 MB, 20 MB alive", got)
	}
	if outside := usage.Between(p.Processes(), 50, 60, 10); outside.Cores != 0 || math.IsNaN(outside.CPUPerOp) {
		t.Errorf("%+v; want nothing where nothing was measured", outside)
	}
}
