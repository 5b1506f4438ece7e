package fleet

import (
	"testing"
	"time"

	"roster"
)

func TestProbeFilled(t *testing.T) {
	for _, c := range []struct{ every, timeout, want time.Duration }{
		{0, 0, 2 * time.Second}, {time.Second, 0, 500 * time.Millisecond}, {time.Hour, 0, 2 * time.Second}, {time.Second, 3 * time.Second, 3 * time.Second},
	} {
		p := Probe{Kind: ProbeHTTP, Every: roster.Duration(c.every), Timeout: roster.Duration(c.timeout)}.Filled()
		if time.Duration(p.Timeout) != c.want || p.Failures != ProbeFailures || p.Every == 0 {
			t.Errorf("%+v: %+v", c, p)
		}
	}
}

// TestProbeIsChecked: what could never be probed is refused where the fleet is proposed, with
// the field that is wrong.
func TestProbeIsChecked(t *testing.T) {
	web, other := []roster.Endpoint{{URL: "https://a.example/mcp"}}, []roster.Endpoint{{URL: "grpc://a.example:70"}}
	for field, specs := range map[string][]Spec{
		"": {
			{Probe: Probe{Kind: ProbeHTTP, Path: "/healthz"}, Endpoints: web},
			{Probe: Probe{Kind: ProbeTCP}, Endpoints: other},
			{Probe: Probe{Kind: ProbeBeat, Every: roster.Duration(time.Second)}},
			{},
		},
		"probe":          {{Probe: Probe{Kind: ProbeHTTP}}, {Probe: Probe{Kind: ProbeTCP}}},
		"probe.kind":     {{Probe: Probe{Kind: ProbeHTTP}, Endpoints: other}, {Probe: Probe{Path: "/"}, Endpoints: web}, {Probe: Probe{Kind: "icmp"}, Endpoints: web}},
		"probe.path":     {{Probe: Probe{Kind: ProbeHTTP, Path: "x"}, Endpoints: web}, {Probe: Probe{Kind: ProbeTCP, Path: "/"}, Endpoints: web}},
		"probe.every":    {{Probe: Probe{Kind: ProbeBeat, Every: 1}}, {Probe: Probe{Kind: ProbeBeat, Every: roster.Duration(2 * time.Hour)}}},
		"probe.timeout":  {{Probe: Probe{Kind: ProbeBeat, Timeout: -1}}},
		"probe.slow":     {{Probe: Probe{Kind: ProbeBeat, Slow: -1}}},
		"probe.failures": {{Probe: Probe{Kind: ProbeBeat, Failures: 101}}},
	} {
		for _, s := range specs {
			s.Driver, s.Entry = Inproc, "idle"
			f := Fleet{ID: "demo/crew", Count: 1, Spec: s}
			err := f.Validate()
			e, _ := err.(*roster.Error)
			if (err == nil) != (field == "") || e != nil && e.Field != field {
				t.Errorf("%+v: %v; want a fault of %q", s.Probe, err, field)
			}
		}
	}
}
