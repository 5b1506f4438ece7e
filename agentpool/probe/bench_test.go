package probe

import (
	"net/http"
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
