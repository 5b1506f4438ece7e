package loadgen

import (
	"slices"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Result is what became of one load. Times in it are milliseconds.
type Result struct {
	Name       string      `json:"name"`
	Seed       uint64      `json:"seed"`
	Began      time.Time   `json:"began"`
	Warmup     float64     `json:"warmup_ms"`
	Measured   float64     `json:"measured_ms"` // the window in which figures counted
	Operations []Operation `json:"operations"`  // by name
	// Lag is how late the generator itself was in sending what was due; empty in a
	// closed loop. A lag near the latencies says that the generator is what was
	// measured.
	Lag    Latency `json:"lag_ms"`
	Series []Row   `json:"series"`
	// Interrupted says that the load was ended before its time.
	Interrupted bool `json:"interrupted,omitempty"`
}

// Operation is what became of the operations of one kind.
type Operation struct {
	Name    string            `json:"name"`
	Count   uint64            `json:"count"` // those that succeeded
	Rate    float64           `json:"rate"`  // those, a second
	Latency Latency           `json:"latency_ms"`
	Errors  map[string]uint64 `json:"errors,omitempty"`  // how many, by code
	Samples map[string]string `json:"samples,omitempty"` // the first error of each code, in words
	Curve   []Point           `json:"curve,omitempty"`   // the distribution of latencies
}

// Latency is a distribution in a few numbers, of the operations that succeeded.
type Latency struct {
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P95  float64 `json:"p95"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p99.9"`
	Max  float64 `json:"max"`
}

// Point says what latency a percentage of operations did not exceed.
type Point struct {
	Percent float64 `json:"percent"`
	MS      float64 `json:"ms"`
}

// Row is one second of the run, or a few of a long one: what ended in it.
type Row struct {
	At     float64           `json:"at"` // seconds since the load began, at the row's end
	Warmup bool              `json:"warmup,omitempty"`
	Count  uint64            `json:"count"`  // succeeded
	Errors uint64            `json:"errors"` // did not
	P50    float64           `json:"p50_ms"`
	P99    float64           `json:"p99_ms"`
	Max    float64           `json:"max_ms"`
	ByName map[string]RowCut `json:"by_name,omitempty"`
}

// RowCut is one kind's part of a row.
type RowCut struct {
	Count  uint64  `json:"count"`
	Errors uint64  `json:"errors,omitempty"`
	P50    float64 `json:"p50_ms"`
	P99    float64 `json:"p99_ms"`
}

// Operation returns the figures of the kind called name; zero when there is none.
func (r Result) Operation(name string) Operation {
	for _, op := range r.Operations {
		if op.Name == name {
			return op
		}
	}
	return Operation{Name: name}
}

// Failed returns how many operations did not succeed.
func (o Operation) Failed() uint64 {
	var n uint64
	for _, count := range o.Errors { // order-free: a sum
		n += count
	}
	return n
}

// Count returns how many operations succeeded, and Failed how many did not.
func (r Result) Count() uint64 {
	var n uint64
	for _, op := range r.Operations {
		n += op.Count
	}
	return n
}

// Failed returns how many operations of all kinds did not succeed.
func (r Result) Failed() uint64 {
	var n uint64
	for _, op := range r.Operations {
		n += op.Failed()
	}
	return n
}

// curvePercents are the points of a latency curve.
var curvePercents = []float64{0, 10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 97.5, 98, 99, 99.5, 99.8, 99.9, 99.95, 99.99, 100}

// milli is what histogram units, which are microseconds, are in milliseconds.
const milli = 1000.0

// latencyOf sums a histogram up.
func latencyOf(h *hdrhistogram.Histogram) Latency {
	if h.TotalCount() == 0 {
		return Latency{}
	}
	at := func(percent float64) float64 { return float64(h.ValueAtPercentile(percent)) / milli }
	return Latency{Mean: h.Mean() / milli, P50: at(50), P90: at(90), P95: at(95), P99: at(99), P999: at(99.9), Max: float64(h.Max()) / milli}
}

// curveOf returns the distribution of a histogram.
func curveOf(h *hdrhistogram.Histogram) []Point {
	if h.TotalCount() == 0 {
		return nil
	}
	out := make([]Point, len(curvePercents))
	for i, percent := range curvePercents {
		out[i] = Point{percent, float64(h.ValueAtPercentile(percent)) / milli}
	}
	return out
}

// byName sorts operations.
func byName(a, b Operation) int { return strings.Compare(a.Name, b.Name) }

// sortOperations puts the operations of r in order.
func (r *Result) sortOperations() { slices.SortFunc(r.Operations, byName) }
