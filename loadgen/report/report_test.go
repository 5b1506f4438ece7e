package report_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"roster"
	"roster/loadgen"
	"roster/loadgen/check"
	"roster/loadgen/report"
	"roster/loadgen/usage"
)

// hostile is what a server or a file may have in its words.
const hostile = `<script>alert("x")</script>`

// sample is a report with something in every part.
func sample() report.Report {
	latency := loadgen.Latency{Mean: 1.25, P50: 1, P90: 2, P95: 3, P99: 12, P999: 40, Max: 130.5}
	run := report.Run{
		Load: loadgen.Result{Name: "ramp", Seed: 7, Began: time.Unix(0, 0), Measured: 2000, Lag: loadgen.Latency{P50: 0.2, P99: 0.9},
			Operations: []loadgen.Operation{
				{Name: "find", Count: 1},
				{Name: "lookup", Count: 1998, Rate: 999, Latency: latency, Errors: map[string]uint64{"Overloaded": 2},
					Samples: map[string]string{"Overloaded": hostile}, Curve: []loadgen.Point{{Percent: 0, MS: 0.5}, {Percent: 50, MS: 1}, {Percent: 100, MS: 130.5}}},
			},
			Series: []loadgen.Row{{At: 1, Warmup: true, Count: 900}, {At: 2, Count: 1000, P50: 1, P99: 10, Max: 20}, {At: 3, Count: 998, Errors: 2, P50: 1, P99: 12, Max: 130.5}}},
		Usage: usage.Usage{Cores: 0.5, CPUPerOp: 500, ClientCPU: 0.25, RSS: 64 << 20, LiveBegin: 10 << 20, LiveEnd: 12 << 20, GCs: 3, GCPause: 0.002,
			Growth: &usage.Growth{PerOp: 12, Low: 3, High: 20, Points: 9, Operations: 1e6},
			Processes: []usage.Process{{Nodes: []string{"http://a:1", "http://b:1"}, Samples: []usage.Sample{
				{At: 1, CPU: 1, RSS: 60 << 20, Live: 10 << 20}, {At: 2, CPU: 1.5, RSS: 64 << 20, Live: 12 << 20}}}}},
		Checks: []check.Verdict{{Name: "watch", Checked: 10, Violations: 1, Samples: []string{hostile}}, {Name: "sessions"}},
		Steps:  []report.Step{{Rate: 100, Achieved: 100, P50: 1, P99: 2}, {Rate: 150, Achieved: 120, P50: 9, P99: 200, Broke: "p99 200 ms > 100ms"}},
		Extra:  []report.Figure{{Name: "ramp.breaking_rate", Value: 100, Unit: "/s", More: true}},
		Drift:  []report.Drift{{Name: "p99", PerHour: -0.5, Unit: "ms"}},
		Notes:  []string{hostile},
	}
	return report.Report{Format: report.Format, Profile: "ramp", Setting: []report.Setting{{Name: "seed", Value: "7"}}, Version: "0.1.0", Machine: "2 cores",
		Runs: []report.Run{run, run}, Failures: []string{"2 violations of a promise"}}
}

func TestFileKeepsEverything(t *testing.T) {
	var first, second bytes.Buffer
	if err := sample().Write(&first); err != nil {
		t.Fatal(err)
	}
	got, err := report.Read(bytes.NewReader(first.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := got.Write(&second); err != nil || first.String() != second.String() {
		t.Errorf("written again it differs: %v\n%s", err, second.String())
	}
	for _, key := range []string{`"format": 1`, `"p99.9": 40`, `"cpu_us_per_op": 500`, `"violations": 1`, `"breaking_rate"`} {
		if !strings.Contains(first.String(), strings.ReplaceAll(key, `"breaking_rate"`, `ramp.breaking_rate`)) {
			t.Errorf("the file has no %s", key)
		}
	}
}

func TestOnlyReportsAreRead(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "no JSON": "lookup 5", "another": `{"agents":[]}`, "no runs": `{"format":1}`,
		"newer": `{"format":99,"runs":[{}]}`, "a list": "[]"} {
		if _, err := report.Read(strings.NewReader(text)); roster.CodeOf(err) != roster.CodeInvalid {
			t.Errorf("%s: %v; want Invalid", name, err)
		}
	}
}

func TestText(t *testing.T) {
	var b strings.Builder
	if err := report.WriteText(&b, sample()); err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"ramp  seed 7", "OPERATION", "lookup", "1998", "12.0ms", "130ms", "2 x Overloaded", "ASKED/S", "p99 200 ms > 100ms",
		"0.50 cores, 500 us an operation", "RSS 64 MiB", "12 bytes of live heap an operation, 3 to 20 with 98 % confidence: flat", "sent late by p50 200us, p99 900us",
		"drift of p99", "-0.5 ms an hour", "10 checked, 1 violations", "nothing to check", "VIOLATION watch", "medians of 2 runs", "ramp.breaking_rate  100 /s",
		"FAILED: 2 violations"} {
		if !strings.Contains(b.String(), words) {
			t.Errorf("the text does not say %q:\n%s", words, b.String())
		}
	}
}

// TestFigures holds the names that budgets rely on.
func TestFigures(t *testing.T) {
	got := map[string]report.Figure{}
	for _, f := range sample().Runs[0].Figures() {
		got[f.Name] = f
	}
	for name, want := range map[string]float64{
		"lookup.mean": 1.25, "lookup.p50": 1, "lookup.p90": 2, "lookup.p95": 3, "lookup.p99": 12, "lookup.p99.9": 40, "lookup.max": 130.5,
		"lookup.rate": 999, "lookup.count": 1998, "lookup.errors": 2, "all.errors": 2, "all.count": 1999, "all.rate": 999.5, "all.error_ratio": 2.0 / 2001,
		"nodes.cores": 0.5, "nodes.cpu": 500, "nodes.rss": 64, "nodes.live": 12, "nodes.growth": 12, "checks.violations": 1, "ramp.breaking_rate": 100,
	} {
		f, has := got[name]
		if !has || f.Value != want {
			t.Errorf("%s is %v, want %v", name, f.Value, want)
		}
		if more := strings.HasSuffix(name, "rate") || strings.HasSuffix(name, "count"); f.More != more {
			t.Errorf("%s: more is better: %v", name, f.More)
		}
	}
}

var drawings = regexp.MustCompile(`(?s)<svg.*?</svg>`)

// TestPageStandsAlone holds that the page loads nothing, lets nothing that others wrote
// become markup, and that its drawings are whole.
func TestPageStandsAlone(t *testing.T) {
	var b strings.Builder
	if err := report.WritePage(&b, sample()); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, never := range []string{"<script", "src=", "href=", "url(", "@import", "<link", "<img", "ZgotmplZ", "NaN"} {
		if strings.Contains(page, never) {
			t.Errorf("the page has %s", never)
		}
	}
	if n := strings.Count(page, "&lt;script&gt;"); n < 3 {
		t.Errorf("hostile words appear %d times, want them shown as words", n)
	}
	all := drawings.FindAllString(page, -1)
	if len(all) != 12 {
		t.Errorf("%d drawings for two runs, want 12", len(all))
	}
	for _, drawing := range all {
		decoder := xml.NewDecoder(strings.NewReader(drawing))
		for {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%v in %s", err, drawing)
			}
		}
		if !strings.Contains(drawing, "<polyline") {
			t.Errorf("a drawing without a line: %s", drawing)
		}
	}
}

func TestEmptyRunIsShown(t *testing.T) {
	var page, text strings.Builder
	empty := report.Report{Format: report.Format, Profile: "steady", Runs: []report.Run{{}}}
	if err := errors.Join(report.WritePage(&page, empty), report.WriteText(&text, empty)); err != nil {
		t.Error(err)
	}
	if !strings.Contains(page.String(), "nothing was measured") {
		t.Error("an empty chart should say so")
	}
}
