package report

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
)

// The drawing of a chart, in units of its view box.
const (
	chartWide, chartHigh                  = 640.0, 240.0
	leftEdge, rightEdge, topEdge, lowEdge = 56.0, 618.0, 10.0, 206.0
	// seriesMax is how many colours there are.
	seriesMax = 8
)

// dot is one point of a line.
type dot struct{ x, y float64 }

// trace is one line of a chart.
type trace struct {
	name string
	dots []dot
}

// chart is lines over an axis.
type chart struct {
	title, x, y string
	logarithmic bool // the y axis; values of zero are left out then
	traces      []trace
	// ticks are the marks of the x axis where they are not even: value and label.
	ticks []mark
}

// mark is a mark on an axis.
type mark struct {
	at    float64
	label string
}

// svg draws the chart: inline, with the classes of the page.
func (c chart) svg() string {
	c = c.cleaned()
	var b strings.Builder
	fmt.Fprintf(&b, `<figure><figcaption>%s <small>(%s)</small></figcaption><svg viewBox="0 0 %.0f %.0f" role="img" aria-label="%s">`,
		html.EscapeString(c.title), html.EscapeString(c.y), chartWide, chartHigh, html.EscapeString(c.title))
	if len(c.traces) == 0 {
		fmt.Fprintf(&b, `<text class="mark" x="%.0f" y="%.0f">nothing was measured</text></svg></figure>`, leftEdge, chartHigh/2)
		return b.String()
	}
	x, y := c.axes()
	for _, m := range y.marks {
		at := y.place(m.at)
		fmt.Fprintf(&b, `<line class="grid" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/><text class="mark end" x="%.1f" y="%.1f">%s</text>`,
			leftEdge, rightEdge, at, at, leftEdge-6, at+3.5, html.EscapeString(m.label))
	}
	for _, m := range x.marks {
		at := x.place(m.at)
		fmt.Fprintf(&b, `<line class="tick" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/><text class="mark mid" x="%.1f" y="%.1f">%s</text>`,
			at, at, lowEdge, lowEdge+4, at, lowEdge+16, html.EscapeString(m.label))
	}
	fmt.Fprintf(&b, `<line class="axis" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, leftEdge, rightEdge, lowEdge, lowEdge)
	for i, t := range c.traces {
		drawTrace(&b, i%seriesMax, t, x, y)
	}
	fmt.Fprintf(&b, `<text class="unit mid" x="%.1f" y="%.1f">%s</text></svg>%s</figure>`,
		(leftEdge+rightEdge)/2, chartHigh-4, html.EscapeString(c.x), c.legend())
	return b.String()
}

func drawTrace(b *strings.Builder, colour int, t trace, x, y axis) {
	fmt.Fprintf(b, `<polyline class="s%d" points="`, colour)
	for _, d := range t.dots {
		fmt.Fprintf(b, "%.1f,%.1f ", x.place(d.x), y.place(d.y))
	}
	b.WriteString(`"/>`)
	if len(t.dots) <= 40 { // few enough to be told apart
		for _, d := range t.dots {
			fmt.Fprintf(b, `<circle class="s%d" cx="%.1f" cy="%.1f" r="2"><title>%s: %s, %s</title></circle>`,
				colour, x.place(d.x), y.place(d.y), html.EscapeString(t.name), number(d.x), number(d.y))
		}
	}
}

func (c chart) legend() string {
	var b strings.Builder
	b.WriteString(`<p class="legend">`)
	for i, t := range c.traces {
		fmt.Fprintf(&b, `<span><i class="s%d"></i>%s</span>`, i%seriesMax, html.EscapeString(t.name))
	}
	b.WriteString("</p>")
	return b.String()
}

// cleaned leaves out what cannot be drawn.
func (c chart) cleaned() chart {
	var traces []trace
	for _, t := range c.traces {
		var dots []dot
		for _, d := range t.dots {
			if finite(d.x) && finite(d.y) && !(c.logarithmic && d.y <= 0) {
				dots = append(dots, d)
			}
		}
		if len(dots) > 0 {
			traces = append(traces, trace{t.name, dots})
		}
	}
	c.traces = traces
	return c
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// axis places values between two edges.
type axis struct {
	low, high   float64 // values at the edges
	from, to    float64 // the edges
	logarithmic bool
	marks       []mark
}

func (a axis) place(v float64) float64 {
	low, high := a.low, a.high
	if a.logarithmic {
		v, low, high = math.Log10(v), math.Log10(low), math.Log10(high)
	}
	part := (v - low) / (high - low)
	return a.from + min(max(part, 0), 1)*(a.to-a.from)
}

// axes fits the axes to the traces.
func (c chart) axes() (x, y axis) {
	x = axis{low: math.Inf(1), high: math.Inf(-1), from: leftEdge, to: rightEdge}
	y = axis{low: math.Inf(1), high: math.Inf(-1), from: lowEdge, to: topEdge, logarithmic: c.logarithmic}
	for _, t := range c.traces {
		for _, d := range t.dots {
			x.low, x.high = min(x.low, d.x), max(x.high, d.x)
			y.low, y.high = min(y.low, d.y), max(y.high, d.y)
		}
	}
	if x.high == x.low {
		x.high++
	}
	if c.logarithmic {
		y.low, y.high = math.Pow(10, math.Floor(math.Log10(y.low))), math.Pow(10, math.Ceil(math.Log10(y.high)+1e-9))
		for v := y.low; v <= y.high*1.001; v *= 10 {
			y.marks = append(y.marks, mark{v, number(v)})
		}
	} else {
		y.low = 0
		y.high, y.marks = even(0, max(y.high, 1e-9))
	}
	x.marks = c.ticks
	if x.marks == nil {
		_, x.marks = even(x.low, x.high) // the axis ends where the values do
		x.marks = slices.DeleteFunc(x.marks, func(m mark) bool { return m.at > x.high })
	}
	return x, y
}

// even returns round marks from low on, about five, and where the last one is.
func even(low, high float64) (top float64, marks []mark) {
	step := math.Pow(10, math.Floor(math.Log10((high-low)/4)))
	for _, times := range []float64{1, 2, 5, 10} {
		if (high-low)/(step*times) <= 6 {
			step *= times
			break
		}
	}
	first := math.Ceil(low/step) * step
	for v := first; v < high+step*0.999; v += step {
		marks = append(marks, mark{v, number(v)})
		top = v
	}
	return top, marks
}
