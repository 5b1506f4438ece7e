package verdict_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"roster"
	"roster/loadgen"
	"roster/loadgen/check"
	"roster/loadgen/report"
	"roster/loadgen/usage"
	"roster/loadgen/verdict"
)

// reportOf is a report of runs with these p50s, a rate and CPU time that go with them.
func reportOf(p50s ...float64) report.Report {
	out := report.Report{Format: report.Format, Profile: "steady"}
	for _, p50 := range p50s {
		op := loadgen.Operation{Name: "lookup", Count: 1000, Rate: 1000 / p50, Latency: loadgen.Latency{P50: p50, P99: 10 * p50}}
		out.Runs = append(out.Runs, report.Run{
			Load:   loadgen.Result{Operations: []loadgen.Operation{op}, Measured: 1000},
			Usage:  usage.Usage{CPUPerOp: 100 * p50, Processes: []usage.Process{{}}},
			Checks: []check.Verdict{{Name: "watch", Checked: 1}},
		})
	}
	return out
}

func budget(t *testing.T, text string) verdict.Budget {
	t.Helper()
	b, err := verdict.ReadBudget(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// breaches compares and returns what was exceeded, in words.
func breaches(t *testing.T, b verdict.Budget, base, next report.Report, planted float64) []string {
	t.Helper()
	c, err := verdict.Compare(b, base, next, planted)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range c.Breaches() {
		out = append(out, f.Text)
	}
	return out
}

func TestAbsoluteLimits(t *testing.T) {
	base, next := reportOf(1), reportOf(1.5)
	for text, want := range map[string]string{
		"lookup.p50: 2ms":          "",
		"lookup.p50: 1ms":          "lookup.p50: 1.5ms > 1ms",
		`"*.p99": 15ms`:            "",
		`"*.p99": 14999us`:         "lookup.p99: 15ms > 14999us",
		"lookup.rate: 600":         "",
		"lookup.rate: 700 /s":      "lookup.rate: 666.7/s < 700 /s",
		"all.errors: 0":            "",
		"checks.violations: 0":     "",
		`{"nodes.cpu": "149us"}`:   "nodes.cpu: 150us > 149us",
		"nodes.cores: 0.5":         "",
		"lookup.count: 2000":       "lookup.count: 1000 < 2000",
		"lookup.p99.9: 1ms":        "",
		"# only this\nall.rate: 1": "",
	} {
		if got := strings.Join(breaches(t, budget(t, text), base, next, 0), "|"); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestSingleRunsAreDecidedByTheLimit(t *testing.T) {
	b := budget(t, "lookup.p50: +15%\nlookup.rate: -15%\n")
	if got := breaches(t, b, reportOf(1), reportOf(1.14), 0); len(got) != 0 {
		t.Errorf("%v: 14 %% are within", got)
	}
	if got := breaches(t, b, reportOf(1), reportOf(1), 0.15); len(got) != 1 || !strings.HasPrefix(got[0], "lookup.p50: +15.0% > +15%") {
		t.Errorf("%v: want the planted 15 %% caught, and said so", got)
	}
	if got := breaches(t, b, reportOf(1), reportOf(1.3), 0); len(got) != 2 {
		t.Errorf("%v: want both lines", got)
	}
	c, _ := verdict.Compare(b, reportOf(1), reportOf(1), 0)
	if len(c.Notes) != 1 || !strings.Contains(c.Notes[0], "too few") {
		t.Errorf("notes %v: want to hear that noise is not known", c.Notes)
	}
}

func TestBudgetsAreChecked(t *testing.T) {
	for _, text := range []string{"", "[]", "a: b: c", "lookup: 5ms", ".p50: 5ms", "- x"} {
		if _, err := verdict.ReadBudget(strings.NewReader(text)); roster.CodeOf(err) != roster.CodeInvalid {
			t.Errorf("%q: %v; want Invalid", text, err)
		}
	}
	for text, want := range map[string]string{
		"lookup.p50: 5":      "want a time",
		"lookup.p50: -5ms":   "want a time",
		"lookup.p50: -15%":   "less is better",
		"lookup.rate: +15%":  "more is better",
		"lookup.rate: fast":  "want a number",
		"lookup.p50: x%":     "want a percentage",
		"lookup.p5: 5ms":     "it has lookup.",
		"lokup.p50: 5ms":     "it has lookup.p50",
		"nowhere.nothing: 1": "no such figure",
	} {
		_, err := verdict.Compare(budget(t, text), reportOf(1), reportOf(1), 0)
		if roster.CodeOf(err) != roster.CodeInvalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", text, err, want)
		}
	}
	other := reportOf(1)
	other.Profile = "burst"
	if _, err := verdict.Compare(verdict.Default(), reportOf(1), other, 0); err == nil {
		t.Error("reports of two profiles were compared")
	}
}

// noisy draws the p50s of so many runs: lognormal noise, and now and then a run that
// something else on the machine made a third slower.
func noisy(r *rand.Rand, runs int, level, spread float64) report.Report {
	p50s := make([]float64, runs)
	for i := range p50s {
		p50s[i] = level * math.Exp(spread*r.NormFloat64())
		if r.IntN(20) == 0 {
			p50s[i] *= 1.33
		}
	}
	return reportOf(p50s...)
}

// TestGateCatchesAndKeepsQuiet holds, over many comparisons of noisy runs, that the
// gate catches a regression of 15 % at least 95 times of 100, in every figure or in the
// CPU time alone, and alarms at most twice of 100 without one, however loud the noise.
func TestGateCatchesAndKeepsQuiet(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: thousands of comparisons")
	}
	const trials, runs = 200, 12
	for _, test := range []struct {
		spread         float64
		catches, alone bool // noise in which a regression must be caught; also of one figure
	}{{0.02, true, true}, {0.04, true, true}, {0.055, true, false}, {0.1, false, false}, {0.3, false, false}} {
		r := rand.New(rand.NewPCG(1, uint64(1000*test.spread)))
		var all, one, alarms int
		for range trials {
			base, same := noisy(r, runs, 1, test.spread), noisy(r, runs, 1, test.spread)
			alarms += min(1, len(breaches(t, verdict.Default(), base, same, 0)))
			all += min(1, len(breaches(t, verdict.Default(), base, same, 0.15)))
			for i := range same.Runs {
				same.Runs[i].Usage.CPUPerOp *= 1.15
			}
			one += min(1, len(breaches(t, verdict.Default(), base, same, 0)))
		}
		t.Logf("noise of %.0f %%: of %d, %d caught in all figures, %d in one, %d false alarms", 100*test.spread, trials, all, one, alarms)
		if alarms > trials*2/100 || (test.catches && all < trials*95/100) || (test.alone && one < trials*95/100) {
			t.Errorf("noise of %.0f %%: of %d, %d and %d caught, %d false alarms; want 95 %% and 2 %%", 100*test.spread, trials, all, one, alarms)
		}
	}
}

// measured is the CPU time an operation of twelve runs of "steady" on a machine of two
// cores that seven others used, in microseconds: a noise of 7 %.
var measured = []float64{778, 679, 719, 771, 733, 776, 788, 641, 749, 764, 764, 852}

// TestGateOnMeasuredNoise holds the same for noise as it was measured.
func TestGateOnMeasuredNoise(t *testing.T) {
	const trials, runs = 200, 12
	r := rand.New(rand.NewPCG(4, 4))
	draw := func() report.Report {
		values := make([]float64, runs)
		for i := range values {
			values[i] = measured[r.IntN(len(measured))] * (1 + 0.01*r.NormFloat64()) / 764
		}
		return reportOf(values...)
	}
	caught, alarms := 0, 0
	for range trials {
		base, same := draw(), draw()
		alarms += min(1, len(breaches(t, verdict.Default(), base, same, 0)))
		caught += min(1, len(breaches(t, verdict.Default(), base, same, 0.15)))
	}
	t.Logf("of %d, %d caught, %d false alarms", trials, caught, alarms)
	if alarms > trials*2/100 || caught < trials*95/100 {
		t.Errorf("of %d, %d caught, %d false alarms; want 95 %% and 2 %%", trials, caught, alarms)
	}
}

// TestSingleRunsAreNoGate is the control: the same noise, one run each.
func TestSingleRunsAreNoGate(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	caught, alarms := 0, 0
	for range 1000 {
		base := noisy(r, 1, 1, 0.05)
		if len(breaches(t, verdict.Default(), base, noisy(r, 1, 1, 0.05), 0)) > 0 {
			alarms++
		}
		if len(breaches(t, verdict.Default(), base, noisy(r, 1, 1, 0.05), 0.15)) > 0 {
			caught++
		}
	}
	if caught > 950 || alarms < 20 {
		t.Errorf("%d caught, %d false alarms: the control should be worse than the gate", caught, alarms)
	}
}

// TestLoudNoiseIsSaid holds that a difference that noise may make is neither a breach
// nor passed over.
func TestLoudNoiseIsSaid(t *testing.T) {
	base := reportOf(1, 2, 1, 2, 1, 2, 1, 2, 1, 2)
	next := reportOf(1, 2, 2, 2, 1, 2, 1, 2, 2, 1.9)
	c, err := verdict.Compare(budget(t, "lookup.p50: +15%"), base, next, 0)
	if err != nil || c.Findings[0].Breach || !c.Findings[0].Unproven {
		t.Errorf("%+v, %v; want it unproven", c, err)
	}
}

func TestChance(t *testing.T) {
	for _, test := range []struct {
		base, worse []float64
		want        float64
	}{
		{[]float64{1, 2, 3}, []float64{4, 5, 6}, 1.0 / 20},
		{[]float64{4, 5, 6}, []float64{1, 2, 3}, 1},
		{[]float64{1, 3}, []float64{2, 4}, 2.0 / 6},
		{[]float64{1, 1, 1}, []float64{1, 1, 1}, 1},
		{nil, []float64{1}, 1},
	} {
		if got := verdict.Chance(test.base, test.worse); math.Abs(got-test.want) > 1e-9 {
			t.Errorf("Chance(%v, %v) = %v, want %v", test.base, test.worse, got, test.want)
		}
	}
}
