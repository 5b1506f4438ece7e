package report

import (
	"encoding/json"
	"io"
	"slices"
	"strings"

	"roster"
	"roster/loadgen"
	"roster/loadgen/check"
	"roster/loadgen/usage"
)

// Format is the version of the file. Readers refuse what is newer than they are.
const Format = 1

// Bounds of a file.
const (
	RunsMax  = 100
	bytesMax = 256 << 20
)

// Report is what a profile came to, in one run or in several.
type Report struct {
	Format   int       `json:"format"`
	Profile  string    `json:"profile"`
	Setting  []Setting `json:"setting"` // what the profile ran with
	Version  string    `json:"version"` // of the program that ran it
	Machine  string    `json:"machine"` // of the generator: cores, system
	Runs     []Run     `json:"runs"`
	Failures []string  `json:"failures,omitempty"` // why the whole is a failure, in words
}

// Setting is one thing that a profile ran with.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Run is what one run came to.
type Run struct {
	Load   loadgen.Result  `json:"load"`
	Usage  usage.Usage     `json:"usage"`
	Checks []check.Verdict `json:"checks,omitempty"`
	Steps  []Step          `json:"steps,omitempty"` // of a ramp
	Extra  []Figure        `json:"extra,omitempty"` // what only this profile measures
	Drift  []Drift         `json:"drift,omitempty"` // of a soak
	Notes  []string        `json:"notes,omitempty"`
}

// Step is one rate of a ramp.
type Step struct {
	Rate     float64 `json:"rate"`     // asked for, operations a second
	Achieved float64 `json:"achieved"` // answered without an error
	P50      float64 `json:"p50_ms"`
	P99      float64 `json:"p99_ms"`
	Errors   float64 `json:"errors"`          // part of all, 0 to 1
	Broke    string  `json:"broke,omitempty"` // what went beyond its bound; "": nothing
}

// Drift is by how much a figure changes in an hour, and how much it may.
type Drift struct {
	Name    string  `json:"name"`
	PerHour float64 `json:"per_hour"`
	Unit    string  `json:"unit"`
}

// Figure is one number of a run.
type Figure struct {
	Name  string  `json:"name"` // operation.metric
	Value float64 `json:"value"`
	Unit  string  `json:"unit"` // ms, /s, us, MiB, B or ""
	More  bool    `json:"more"` // more is better
}

// Read reads a report, and refuses what is none.
func Read(r io.Reader) (Report, error) {
	raw, err := io.ReadAll(io.LimitReader(r, bytesMax+1))
	if err != nil {
		return Report{}, err
	}
	if len(raw) > bytesMax {
		return Report{}, roster.Errorf(roster.CodeTooLarge, "more than %d bytes: not a report", bytesMax)
	}
	var out Report
	if err := json.Unmarshal(raw, &out); err != nil {
		return Report{}, roster.Invalid("report", "not a report of roster load run -o json: %v", err)
	}
	switch {
	case out.Format == 0 || len(out.Runs) == 0:
		return Report{}, roster.Invalid("report", "not a report of roster load run -o json: it has no format or no runs")
	case out.Format > Format:
		return Report{}, roster.Invalid("report", "format %d is newer than this program, which reads %d", out.Format, Format)
	case len(out.Runs) > RunsMax:
		return Report{}, roster.Invalid("report", "%d runs; at most %d", len(out.Runs), RunsMax)
	}
	return out, nil
}

// Write writes the report as JSON.
func (r Report) Write(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	return encoder.Encode(r)
}

// Violations returns how many promises were seen broken, in all runs.
func (r Report) Violations() uint64 {
	var n uint64
	for _, run := range r.Runs {
		for _, v := range run.Checks {
			n += v.Violations
		}
	}
	return n
}

const mib = 1 << 20

// All is the name under which figures stand that are of no single operation.
const All = "all"

// Figures returns every number of the run that a budget may bound, in the order of
// their names.
func (r Run) Figures() []Figure {
	var out []Figure
	add := func(operation, metric string, value float64, unit string, more bool) {
		out = append(out, Figure{operation + "." + metric, value, unit, more})
	}
	for _, op := range r.Load.Operations {
		l := op.Latency
		for _, p := range []Figure{{"mean", l.Mean, "", false}, {"p50", l.P50, "", false}, {"p90", l.P90, "", false}, {"p95", l.P95, "", false},
			{"p99", l.P99, "", false}, {"p99.9", l.P999, "", false}, {"max", l.Max, "", false}} {
			add(op.Name, p.Name, p.Value, "ms", false)
		}
		add(op.Name, "rate", op.Rate, "/s", true)
		add(op.Name, "count", float64(op.Count), "", true)
		add(op.Name, "errors", float64(op.Failed()), "", false)
	}
	count, failed := float64(r.Load.Count()), float64(r.Load.Failed())
	add(All, "errors", failed, "", false)
	add(All, "error_ratio", failed/max(count+failed, 1), "", false)
	add(All, "count", count, "", true)
	add(All, "rate", count/max(r.Load.Measured/1000, 1e-9), "/s", true)
	if len(r.Usage.Processes) > 0 {
		add("nodes", "cores", r.Usage.Cores, "", false)
		add("nodes", "cpu", r.Usage.CPUPerOp, "us", false)
		add("nodes", "rss", r.Usage.RSS/mib, "MiB", false)
		add("nodes", "live", r.Usage.LiveEnd/mib, "MiB", false)
	}
	if g := r.Usage.Growth; g != nil && g.Told() {
		add("nodes", "growth", r.Usage.Growth.PerOp, "B", false)
	}
	if len(r.Checks) > 0 {
		add("checks", "violations", float64(Report{Runs: []Run{r}}.Violations()), "", false)
	}
	out = append(out, r.Extra...)
	slices.SortFunc(out, func(a, b Figure) int { return strings.Compare(a.Name, b.Name) })
	return out
}
