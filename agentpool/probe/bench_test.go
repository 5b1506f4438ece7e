package probe

import (
	"context"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"roster"
	"roster/fleet"
)

// BenchmarkKnock is one GET over loopback, connection and all.
func BenchmarkKnock(b *testing.B) {
	s := serve(b, func(<-chan struct{}) http.HandlerFunc { return func(http.ResponseWriter, *http.Request) {} })
	x, err := TargetOf("demo/a~0", &fleet.Spec{Endpoints: []roster.Endpoint{{URL: s.URL}}})
	if err != nil {
		b.Fatal(err)
	}
	p := New(Config{})
	for b.Loop() {
		if o, _ := p.once(b.Context(), &x); o.Failed {
			b.Fatal(o.Text)
		}
	}
}

// BenchmarkJudge is what an outcome costs beside its probe.
func BenchmarkJudge(b *testing.B) {
	w, p := &Window{}, fleet.Probe{Kind: fleet.ProbeHTTP}.Filled()
	for b.Loop() {
		w.Add(Outcome{Took: 4 * time.Millisecond, Text: "200 in 4 ms"}, 0)
		if h := w.Judge(p, "GET /"); h.State != roster.Passing {
			b.Fatal(h)
		}
	}
}

// BenchmarkKept is what a target costs in memory that waits for its next probe.
func BenchmarkKept(b *testing.B) {
	p, x := New(Config{}), Target{ID: "demo/a~0", Probe: fleet.Probe{Kind: fleet.ProbeBeat, Every: roster.Duration(time.Hour)}.Filled()}
	ctx, cancel := context.WithCancel(b.Context())
	var all sync.WaitGroup
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range b.N {
		all.Go(func() { _ = p.Keep(ctx, x, func(Outcome) error { return nil }) })
	}
	runtime.GC()
	runtime.ReadMemStats(&now)
	b.ReportMetric(float64(now.HeapInuse+now.StackInuse-before.HeapInuse-before.StackInuse)/float64(b.N), "B/target")
	cancel()
	all.Wait()
}
