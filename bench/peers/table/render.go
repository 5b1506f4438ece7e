package table

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Formats are what Render can write.
var Formats = []string{"text", "json", "markdown"}

// Render writes the report in one of Formats.
func (r *Report) Render(w io.Writer, format string) error {
	switch format {
	case "text":
		return r.render(w, textGrid)
	case "markdown":
		return r.render(w, markdownGrid)
	case "json":
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", " ")
		return encoder.Encode(r)
	}
	return fmt.Errorf("no format %q: want one of %s", format, strings.Join(Formats, ", "))
}

// grid writes a heading and lines of cells.
type grid func(w io.Writer, title string, lines [][]string) error

func textGrid(w io.Writer, title string, lines [][]string) error {
	fmt.Fprintf(w, "\n%s\n", title)
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, line := range lines {
		fmt.Fprintln(columns, strings.Join(line, "\t"))
	}
	return columns.Flush()
}

func markdownGrid(w io.Writer, title string, lines [][]string) error {
	if _, err := fmt.Fprintf(w, "\n**%s**\n\n", title); err != nil {
		return err
	}
	for i, line := range lines {
		if _, err := fmt.Fprintf(w, "| %s |\n", strings.Join(line, " | ")); err != nil {
			return err
		}
		if i == 0 {
			fmt.Fprintln(w, "|"+strings.Repeat(" --- |", len(line)))
		}
	}
	return nil
}

// render writes all parts.
func (r *Report) render(w io.Writer, draw grid) error {
	if _, err := fmt.Fprintf(w, "Measured %s on %s. %d records of 256 bytes; %v of warm-up and %v measured; medians of %d repeats, each on fresh servers, one system at a time, in turn.\n",
		r.Date.UTC().Format("2006-01-02 15:04 UTC"), r.Machine, r.Records, r.Warmup, r.Duration, r.Repeats); err != nil {
		return err
	}
	if err := r.renderAbout(w); err != nil {
		return err
	}
	if err := draw(w, "What this machine can do", r.limits()); err != nil {
		return err
	}
	if err := draw(w, "Roster beside the others (Roster ÷ peer is the median of the repeats' ratios)", r.summary()); err != nil {
		return err
	}
	if err := draw(w, "CPU time of all servers together, µs an operation or record: what a busy machine disturbs least", r.processor()); err != nil {
		return err
	}
	return draw(w, "Every figure", r.details())
}

func (r *Report) renderAbout(w io.Writer) error {
	names := make([]string, 0, len(r.About))
	for name := range r.About { // order-free: sorted
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return place(a) - place(b) })
	fmt.Fprintln(w)
	for _, name := range names {
		fmt.Fprintf(w, "* %s: %s.\n", name, r.About[name])
	}
	for _, note := range r.Notes {
		if _, err := fmt.Fprintf(w, "* Note: %s.\n", note); err != nil {
			return err
		}
	}
	return nil
}

// limits are the lines of what the machine can do.
func (r *Report) limits() [][]string {
	column := func(figure func(Limits) float64) string {
		all := make([]float64, len(r.Limits))
		for i, l := range r.Limits {
			all[i] = figure(l)
		}
		return spread(all)
	}
	out := [][]string{
		{"what", "median [least..most]"},
		{"4 KiB and fdatasync, one writer, p50", column(func(l Limits) float64 { return l.SyncP50 }) + " ms"},
		{"the same, p99", column(func(l Limits) float64 { return l.SyncP99 }) + " ms"},
		{"read of a Go map of as many records, one goroutine", column(func(l Limits) float64 { return l.MapRead }) + " ns"},
	}
	for _, row := range r.Rows {
		if samples := r.Of(row.Name, "bare"); len(samples) > 0 {
			out = append(out, []string{"bare HTTP server, " + row.Name, spread(values(samples)) + " " + row.Unit})
		}
	}
	return out
}

func values(samples []Sample) []float64 {
	out := make([]float64, len(samples))
	for i, s := range samples {
		out[i] = s.Value
	}
	return out
}

// spread is a median with the least and the most.
func spread(values []float64) string {
	if len(values) == 0 {
		return "-"
	}
	return fmt.Sprintf("%s [%s..%s]", number(Median(values)), number(slices.Min(values)), number(slices.Max(values)))
}

// number writes three figures, or all before the point.
func number(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v < 1:
		return strconv.FormatFloat(v, 'f', 3, 64)
	case v < 10:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case v < 100:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	whole := strconv.FormatFloat(v, 'f', 0, 64)
	for at := len(whole) - 3; at > 0; at -= 3 {
		whole = whole[:at] + " " + whole[at:]
	}
	return whole
}
