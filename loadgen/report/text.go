package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"roster/loadgen"
	"roster/loadgen/usage"
)

// WriteText writes the report for a terminal: a table of operations for each run, what
// the nodes spent, and what the checkers found.
func WriteText(w io.Writer, r Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", r.Profile)
	for _, s := range r.Setting {
		fmt.Fprintf(&b, "  %s %s", s.Name, s.Value)
	}
	b.WriteByte('\n')
	for i, run := range r.Runs {
		if len(r.Runs) > 1 {
			fmt.Fprintf(&b, "\nrun %d of %d\n", i+1, len(r.Runs))
		}
		writeRun(&b, run)
	}
	if len(r.Runs) > 1 {
		writeMedians(&b, r)
	}
	for _, failure := range r.Failures {
		fmt.Fprintf(&b, "\nFAILED: %s", failure)
	}
	if len(r.Failures) > 0 {
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeRun(b *strings.Builder, run Run) {
	b.WriteByte('\n')
	writeTable(b, operationRows(run.Load))
	for _, op := range run.Load.Operations {
		for _, code := range sortedCodes(op) {
			fmt.Fprintf(b, "  %s: %d x %s: %s\n", op.Name, op.Errors[code], code, op.Samples[code])
		}
	}
	if len(run.Steps) > 0 {
		b.WriteByte('\n')
		writeTable(b, stepRows(run.Steps))
	}
	b.WriteByte('\n')
	writeTable(b, append(append(usageRows(run), extraRows(run)...), checkRows(run)...))
	for _, v := range run.Checks {
		for _, sample := range v.Samples {
			fmt.Fprintf(b, "  VIOLATION %s: %s\n", v.Name, sample)
		}
	}
	for _, note := range run.Notes {
		fmt.Fprintf(b, "note: %s\n", note)
	}
}

// extraRows is what only this profile measures.
func extraRows(run Run) [][]string {
	var rows [][]string
	for _, f := range run.Extra {
		rows = append(rows, []string{f.Name, number(f.Value) + " " + f.Unit})
	}
	for _, d := range run.Drift {
		rows = append(rows, []string{"drift of " + d.Name, fmt.Sprintf("%+.3g %s an hour", d.PerHour, d.Unit)})
	}
	return rows
}

// operationRows is the table of latencies.
func operationRows(load loadgen.Result) [][]string {
	rows := [][]string{{"OPERATION", "COUNT", "RATE/S", "MEAN", "P50", "P90", "P95", "P99", "P99.9", "MAX", "ERRORS"}}
	for _, op := range load.Operations {
		l := op.Latency
		row := []string{op.Name, fmt.Sprint(op.Count), number(op.Rate)}
		for _, ms := range []float64{l.Mean, l.P50, l.P90, l.P95, l.P99, l.P999, l.Max} {
			row = append(row, milliseconds(ms))
		}
		rows = append(rows, append(row, fmt.Sprint(op.Failed())))
	}
	return rows
}

func stepRows(steps []Step) [][]string {
	rows := [][]string{{"ASKED/S", "ANSWERED/S", "P50", "P99", "ERRORS", "BROKE"}}
	for _, s := range steps {
		rows = append(rows, []string{number(s.Rate), number(s.Achieved), milliseconds(s.P50), milliseconds(s.P99), percent(s.Errors), cmp.Or(s.Broke, "-")})
	}
	return rows
}

// usageRows is what the nodes spent, in words.
func usageRows(run Run) [][]string {
	u := run.Usage
	var rows [][]string
	if len(u.Processes) > 0 {
		rows = append(rows,
			[]string{"nodes", fmt.Sprintf("%.2f cores, %s us an operation", u.Cores, number(u.CPUPerOp))},
			[]string{"memory", fmt.Sprintf("RSS %.0f MiB; live heap %.1f -> %.1f MiB; %.0f collections paused %.1f ms in all", u.RSS/mib, u.LiveBegin/mib, u.LiveEnd/mib, u.GCs, u.GCPause*1000)})
	}
	if g := u.Growth; g != nil {
		rows = append(rows, []string{"growth", growthWords(*g)})
	}
	rows = append(rows, []string{"generator", fmt.Sprintf("%.2f cores", u.ClientCPU) + lagWords(run.Load)})
	return rows
}

func growthWords(g usage.Growth) string {
	if !g.Told() {
		return fmt.Sprintf("unproven: %d collections in %.0f operations are too few; run longer", g.Points, g.Operations)
	}
	return fmt.Sprintf("%.0f bytes of live heap an operation, %.0f to %.0f with 98 %% confidence: %s", g.PerOp, g.Low, g.High, g.Verdict())
}

func lagWords(load loadgen.Result) string {
	if load.Lag == (loadgen.Latency{}) {
		return ", closed loop"
	}
	return fmt.Sprintf(", sent late by p50 %s, p99 %s", milliseconds(load.Lag.P50), milliseconds(load.Lag.P99))
}

func checkRows(run Run) [][]string {
	var rows [][]string
	for _, v := range run.Checks {
		words := fmt.Sprintf("%d checked, %d violations", v.Checked, v.Violations)
		if v.Checked == 0 {
			words = "nothing to check"
		}
		if v.Note != "" {
			words += " (" + v.Note + ")"
		}
		rows = append(rows, []string{"check " + v.Name, words})
	}
	return rows
}

// writeMedians sums several runs up.
func writeMedians(b *strings.Builder, r Report) {
	fmt.Fprintf(b, "\nmedians of %d runs\n", len(r.Runs))
	rows := [][]string{{"FIGURE", "MEDIAN", "LEAST", "MOST"}}
	for _, m := range r.Medians() {
		rows = append(rows, []string{m.Name, number(m.Value) + " " + m.Unit, number(m.Least), number(m.Most)})
	}
	writeTable(b, rows)
}

// Median is a figure over all runs.
type Median struct {
	Figure
	Least, Most float64
	All         []float64 // by run
}

// Medians returns the figures that every run has.
func (r Report) Medians() []Median {
	values := map[string][]float64{}
	for _, run := range r.Runs {
		for _, f := range run.Figures() {
			values[f.Name] = append(values[f.Name], f.Value)
		}
	}
	var out []Median
	for _, f := range r.Runs[0].Figures() {
		all := values[f.Name]
		if len(all) != len(r.Runs) {
			continue
		}
		m := Median{Figure: f, All: slices.Clone(all)}
		slices.Sort(all)
		m.Least, m.Most = all[0], all[len(all)-1]
		m.Value = (all[(len(all)-1)/2] + all[len(all)/2]) / 2
		out = append(out, m)
	}
	return out
}

// sortedCodes returns the error codes of an operation in order.
func sortedCodes(op loadgen.Operation) []string {
	codes := make([]string, 0, len(op.Errors))
	for code := range op.Errors { // order-free: sorted below
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}
