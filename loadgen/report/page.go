package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strings"

	"roster/loadgen"
	"roster/loadgen/usage"
)

//go:embed page.html
var pageSource string

// pageRun is one run as the page shows it.
type pageRun struct {
	Title      string
	Open       bool
	Operations [][]string // with a head
	Steps      [][]string
	Facts      [][]string
	Errors     []string
	Violations []string
	Notes      []string
	Charts     []template.HTML // drawn here; everything in them is escaped
}

// pageReport is a report as the page shows it.
type pageReport struct {
	Report
	Runs    []pageRun
	Medians [][]string
}

// WritePage writes the report as one page of HTML with plots, which loads nothing from
// anywhere.
func WritePage(w io.Writer, r Report) error {
	page, err := template.New("page").Parse(pageSource)
	if err != nil {
		return err
	}
	out := pageReport{Report: r}
	for i, run := range r.Runs {
		out.Runs = append(out.Runs, pageRunOf(run, i, len(r.Runs)))
	}
	if len(r.Runs) > 1 {
		out.Medians = [][]string{{"figure", "median", "least", "most"}}
		for _, m := range r.Medians() {
			out.Medians = append(out.Medians, []string{m.Name, number(m.Value) + " " + m.Unit, number(m.Least), number(m.Most)})
		}
	}
	return page.Execute(w, out)
}

func pageRunOf(run Run, i, of int) pageRun {
	out := pageRun{Title: fmt.Sprintf("Run %d of %d", i+1, of), Open: i == 0, Operations: operationRows(run.Load), Notes: run.Notes}
	if len(run.Steps) > 0 {
		out.Steps = stepRows(run.Steps)
	}
	out.Facts = append(append(usageRows(run), extraRows(run)...), checkRows(run)...)
	for _, op := range run.Load.Operations {
		for _, code := range sortedCodes(op) {
			out.Errors = append(out.Errors, fmt.Sprintf("%s: %d x %s: %s", op.Name, op.Errors[code], code, op.Samples[code]))
		}
	}
	for _, v := range run.Checks {
		for _, sample := range v.Samples {
			out.Violations = append(out.Violations, v.Name+": "+sample)
		}
	}
	for _, c := range chartsOf(run) {
		out.Charts = append(out.Charts, template.HTML(c.svg()))
	}
	return out
}

// chartsOf returns the plots of a run.
func chartsOf(run Run) []chart {
	var out []chart
	if len(run.Steps) > 0 {
		out = append(out, rampChart(run.Steps))
	}
	out = append(out, throughput(run.Load.Series), latencies(run.Load.Series), distribution(run.Load.Operations))
	if len(run.Usage.Processes) > 0 {
		out = append(out, cores(run.Usage.Processes), memory(run.Usage.Processes))
	}
	return out
}

func rampChart(steps []Step) chart {
	steps = slices.Clone(steps)
	slices.SortFunc(steps, func(a, b Step) int { return int(math.Copysign(1, a.Rate-b.Rate)) })
	p50, p99 := trace{name: "p50"}, trace{name: "p99"}
	for _, s := range steps {
		p50.dots = append(p50.dots, dot{s.Rate, s.P50})
		p99.dots = append(p99.dots, dot{s.Rate, s.P99})
	}
	return chart{title: "Latency over the rate asked for", x: "operations a second", y: "ms", logarithmic: true, traces: []trace{p50, p99}}
}

func throughput(series []loadgen.Row) chart {
	answered, failed := trace{name: "answered"}, trace{name: "errors"}
	last, broken := 0.0, false
	for _, row := range series {
		span := max(row.At-last, 1e-3)
		if span > 0.2 { // the rest of a second says little of a rate
			answered.dots = append(answered.dots, dot{row.At, float64(row.Count) / span})
			failed.dots = append(failed.dots, dot{row.At, float64(row.Errors) / span})
		}
		broken = broken || row.Errors > 0
		last = row.At
	}
	traces := []trace{answered}
	if broken {
		traces = append(traces, failed)
	}
	return chart{title: "Operations a second", x: "seconds", y: "1/s", traces: traces}
}

func latencies(series []loadgen.Row) chart {
	p50, p99, most := trace{name: "p50"}, trace{name: "p99"}, trace{name: "max"}
	for _, row := range series {
		p50.dots = append(p50.dots, dot{row.At, row.P50})
		p99.dots = append(p99.dots, dot{row.At, row.P99})
		most.dots = append(most.dots, dot{row.At, row.Max})
	}
	return chart{title: "Latency over time, after the warm-up", x: "seconds", y: "ms", logarithmic: true, traces: []trace{p50, p99, most}}
}

// nines places a percentage by how many nines it has: 90 at 1, 99 at 2.
func nines(percent float64) float64 { return -math.Log10(1 - min(percent, 99.999)/100) }

func distribution(operations []loadgen.Operation) chart {
	c := chart{title: "How the latencies are distributed", x: "percentile", y: "ms", logarithmic: true}
	for _, percent := range []float64{0, 50, 90, 99, 99.9, 99.99, 99.999} {
		c.ticks = append(c.ticks, mark{nines(percent), fmt.Sprint(percent)})
	}
	for _, op := range operations {
		t := trace{name: op.Name}
		for _, p := range op.Curve {
			t.dots = append(t.dots, dot{nines(p.Percent), p.MS})
		}
		c.traces = append(c.traces, t)
	}
	return c
}

// label names a process by its nodes.
func label(p usage.Process) string {
	names := make([]string, len(p.Nodes))
	for i, node := range p.Nodes {
		_, names[i], _ = strings.Cut(node, "://")
	}
	return strings.Join(names, " + ")
}

func cores(processes []usage.Process) chart {
	c := chart{title: "CPU of the nodes", x: "seconds since the load was prepared", y: "cores"}
	for _, p := range processes {
		t := trace{name: label(p)}
		for i, s := range p.Samples {
			if i == 0 {
				continue
			}
			before := p.Samples[i-1]
			if s.CPU >= before.CPU && s.At-before.At > 0.2 {
				t.dots = append(t.dots, dot{s.At, (s.CPU - before.CPU) / (s.At - before.At)})
			}
		}
		c.traces = append(c.traces, t)
	}
	return c
}

func memory(processes []usage.Process) chart {
	c := chart{title: "Memory of the nodes", x: "seconds since the load was prepared", y: "MiB"}
	for _, p := range processes {
		rss, live := trace{name: "RSS " + label(p)}, trace{name: "live heap " + label(p)}
		for _, s := range p.Samples {
			rss.dots = append(rss.dots, dot{s.At, s.RSS / mib})
			live.dots = append(live.dots, dot{s.At, s.Live / mib})
		}
		c.traces = append(c.traces, rss, live)
	}
	return c
}
