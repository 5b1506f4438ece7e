package probe_test

import (
	"fmt"
	"time"

	"roster"
	"roster/agentpool/probe"
	"roster/fleet"
)

func Example() {
	spec := &fleet.Spec{Endpoints: []roster.Endpoint{{URL: "http://10.0.0.7:8080/mcp"}}, Probe: fleet.Probe{Kind: fleet.ProbeHTTP, Path: "/healthz"}}
	t, err := probe.TargetOf("demo/crew~0", spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	// A Prober would find these out: prober.Keep(ctx, t, func(o probe.Outcome) error { … })
	w := &probe.Window{}
	for range 61 {
		w.Add(probe.Outcome{Took: 4 * time.Millisecond, Text: "200 in 4 ms"}, 0)
	}
	fmt.Println(w.Judge(t.Probe, t.What()).State)
	for range 3 {
		w.Add(probe.Outcome{Failed: true, Took: 12 * time.Millisecond, Text: "503 in 12 ms"}, 0)
	}
	h := w.Judge(t.Probe, t.What())
	fmt.Println(h.State)
	fmt.Println(h.Reason)
	// Output:
	// passing
	// critical
	// GET /healthz: 503 in 12 ms, 3 in a row; 95 % of the last 64 passed, p50 4 ms, p99 4 ms
}
