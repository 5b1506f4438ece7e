package probe

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"roster"
	"roster/fleet"
)

// outcomes reads one letter an outcome: "." an answer after 4 ms, "s" one after 400 ms, "x" a
// failure.
func outcomes(letters string) []Outcome {
	var all []Outcome
	for _, letter := range letters {
		switch letter {
		case '.':
			all = append(all, Outcome{false, 4 * time.Millisecond, "200 in 4 ms"})
		case 's':
			all = append(all, Outcome{false, 400 * time.Millisecond, "200 in 400 ms"})
		case 'x':
			all = append(all, Outcome{true, 12 * time.Millisecond, "503 in 12 ms"})
		}
	}
	return all
}

func judged(p fleet.Probe, all []Outcome) roster.Health {
	w := &Window{}
	for _, o := range all {
		w.Add(o, time.Duration(p.Slow))
	}
	return w.Judge(p, "GET /healthz")
}

func TestJudge(t *testing.T) {
	p := fleet.Probe{Kind: fleet.ProbeHTTP, Slow: roster.Duration(100 * time.Millisecond), Failures: 3}
	for letters, want := range map[string]string{
		"":                   "passing",
		".":                  "passing",
		"x":                  "warning GET /healthz: 503 in 12 ms, 1 of 3 in a row; 0 % of the last 1 passed",
		"..xx":               "warning GET /healthz: 503 in 12 ms, 2 of 3 in a row; 50 % of the last 4 passed, p50 4 ms, p99 4 ms",
		".xxx":               "critical GET /healthz: 503 in 12 ms, 3 in a row; 25 % of the last 4 passed, p50 4 ms, p99 4 ms",
		".xxxxx":             "critical GET /healthz: 503 in 12 ms, 5 in a row; 16 % of the last 6 passed, p50 4 ms, p99 4 ms",
		"xxx.":               "warning GET /healthz: 200 in 4 ms, but a moment ago 503 in 12 ms; 25 % of the last 4 passed, p50 4 ms, p99 4 ms",
		"xxx..":              "warning GET /healthz: 200 in 4 ms, but a moment ago 503 in 12 ms; 40 % of the last 5 passed, p50 4 ms, p99 4 ms",
		"xxx...":             "passing",
		"...s":               "warning GET /healthz: 200 in 400 ms, more than 100 ms; 100 % of the last 4 passed, p50 4 ms, p99 400 ms",
		"...s..":             "warning GET /healthz: 200 in 4 ms, but a moment ago slow; 100 % of the last 6 passed, p50 4 ms, p99 400 ms",
		"...s...":            "passing",
		"x.x.x.x.x.x.x.x.":   "warning GET /healthz: 200 in 4 ms, but a moment ago 503 in 12 ms; 50 % of the last 16 passed, p50 4 ms, p99 4 ms",
		longRun + "xx" + "x": "critical GET /healthz: 503 in 12 ms, 3 in a row; 95 % of the last 64 passed, p50 4 ms, p99 400 ms",
	} {
		h := judged(p, outcomes(letters))
		if got := strings.TrimSpace(string(h.State) + " " + h.Reason); got != want {
			t.Errorf("%s:\n got %s\nwant %s", letters, got, want)
		}
		if err := h.Validate(); err != nil {
			t.Errorf("%s: %v", letters, err)
		}
	}
}

var longRun = strings.Repeat("x", 100) + "s" + strings.Repeat(".", 60)

// plainly judges as Judge promises, from the whole history and without figures.
func plainly(p fleet.Probe, all []Outcome) roster.HealthState {
	last := func(n int) []Outcome { return all[max(0, len(all)-n):] }
	failed := func(o Outcome) bool { return o.Failed }
	bad := func(o Outcome) bool { return o.Failed || p.Slow > 0 && o.Took > time.Duration(p.Slow) }
	dead := len(all) >= p.Failures && !slices.ContainsFunc(last(p.Failures), func(o Outcome) bool { return !failed(o) })
	switch {
	case dead:
		return roster.Critical
	case slices.ContainsFunc(last(min(p.Failures, 3)), bad):
		return roster.Warning
	}
	return roster.Passing
}

// differs looks for a history on which a judge says something else than is promised: half of
// them come in runs, so that long ones are among them.
func differs(judge func(fleet.Probe, []Outcome) roster.HealthState) string {
	random := rand.New(rand.NewPCG(1, 2))
	for range 4000 {
		p := fleet.Probe{Failures: 1 + random.IntN(100), Slow: roster.Duration(random.IntN(2)) * roster.Duration(100*time.Millisecond)}
		if random.IntN(2) == 0 {
			p.Failures = 1 + random.IntN(5)
		}
		var letters strings.Builder
		for n := random.IntN(200); letters.Len() < n; {
			run := 1 + random.IntN(1+p.Failures*random.IntN(2))
			letters.WriteString(strings.Repeat(string(".sx"[random.IntN(3)]), run))
		}
		all := outcomes(letters.String())
		if got, want := judge(p, all), plainly(p, all); got != want {
			return fmt.Sprintf("%+v, %s: %s, want %s", p, letters.String(), got, want)
		}
	}
	return ""
}

// TestVerdictIsWhatIsPromised holds Judge against the plain rule, and two wrong judges, which
// must be found out.
func TestVerdictIsWhatIsPromised(t *testing.T) {
	if fault := differs(func(p fleet.Probe, all []Outcome) roster.HealthState { return judged(p, all).State }); fault != "" {
		t.Error(fault)
	}
	for name, wrong := range map[string]func(fleet.Probe, []Outcome) roster.HealthState{
		"one failure too many": func(p fleet.Probe, all []Outcome) roster.HealthState {
			p.Failures++
			return judged(p, all).State
		},
		"one answer is enough": func(p fleet.Probe, all []Outcome) roster.HealthState {
			if n := len(all); n > 0 && !all[n-1].Failed && all[n-1].Took < 100*time.Millisecond {
				return roster.Passing
			}
			return judged(p, all).State
		},
	} {
		if differs(wrong) == "" {
			t.Errorf("%s: not found out", name)
		}
	}
}

// TestFigures holds the window's figures against those of the last outcomes themselves.
func TestFigures(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		w, all := &Window{}, []Outcome(nil)
		for range random.IntN(300) {
			o := Outcome{Failed: random.IntN(4) == 0, Took: time.Duration(random.IntN(5_000_000)) * time.Microsecond}
			w.Add(o, 0)
			all = append(all, o)
		}
		all = all[max(0, len(all)-WindowLen):]
		var want []time.Duration
		for _, o := range all {
			if !o.Failed {
				want = append(want, o.Took)
			}
		}
		slices.Sort(want)
		if got := w.passed(); !slices.Equal(got, want) {
			t.Fatalf("%d answers in the window, want %d", len(got), len(want))
		}
	}
	if got := rank([]time.Duration{1, 2, 3, 4}, 50); got != 2 {
		t.Errorf("p50 of 1 2 3 4 is %d", got)
	}
	if got := rank([]time.Duration{1, 2, 3, 4}, 99); got != 4 {
		t.Errorf("p99 of 1 2 3 4 is %d", got)
	}
}

// TestSteadyStateIsOneState: what goes on as it is, also half dead, changes its health no more.
func TestSteadyStateIsOneState(t *testing.T) {
	p := fleet.Probe{Failures: 3, Slow: roster.Duration(100 * time.Millisecond)}
	for _, pattern := range []string{".", "s", "x", "x.", "s.", "xx.", "x..", "xs."} {
		w, changes, state := &Window{}, 0, roster.Passing
		for _, o := range outcomes(strings.Repeat(pattern, 400)) {
			w.Add(o, time.Duration(p.Slow))
			if next := w.Judge(p, "").State; next != state {
				changes, state = changes+1, next
			}
		}
		if changes > 2 {
			t.Errorf("%s for ever: %d changes", pattern, changes)
		}
	}
}
