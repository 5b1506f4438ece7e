package table

import (
	"slices"
	"time"
)

// Row names what is measured.
type Row struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	Unit   string `json:"unit"`   // of Sample.Value
	Higher bool   `json:"higher"` // a higher value is better
}

// Sample is one measurement of a row. Zero is what a row does not have.
type Sample struct {
	Row    string `json:"row"`
	System string `json:"system"`
	Store  string `json:"store"`  // through which client
	Repeat int    `json:"repeat"` // from 0
	// Value is the row's figure, in its unit.
	Value  float64 `json:"value"`
	Rate   float64 `json:"rate,omitempty"` // operations or records a second
	P50    float64 `json:"p50_ms,omitempty"`
	P95    float64 `json:"p95_ms,omitempty"`
	P99    float64 `json:"p99_ms,omitempty"`
	Errors uint64  `json:"errors,omitempty"`
	Lost   uint64  `json:"lost,omitempty"` // acknowledged writes that were not there later
	// ServerCPU and ClientCPU are microseconds an operation or record.
	ServerCPU   float64 `json:"server_cpu_us,omitempty"`
	ClientCPU   float64 `json:"client_cpu_us,omitempty"`
	ServerCores float64 `json:"server_cores,omitempty"`
	OtherCores  float64 `json:"other_cores"` // used meanwhile by neither servers nor client
	Load        float64 `json:"load"`        // load average of the last minute, at the end
	Anon        float64 `json:"anon_mib,omitempty"`
	Note        string  `json:"note,omitempty"` // an error in words
	Failed      bool    `json:"failed,omitempty"`
}

// Limits are what the machine itself can do.
type Limits struct {
	Repeat  int     `json:"repeat"`
	SyncP50 float64 `json:"sync_p50_ms"` // one writer: 4 KiB and fdatasync
	SyncP99 float64 `json:"sync_p99_ms"`
	MapRead float64 `json:"map_read_ns"` // one goroutine, a random key of a Go map
	Load    float64 `json:"load"`
}

// Report is one run.
type Report struct {
	Date     time.Time         `json:"date"`
	Machine  string            `json:"machine"`
	Records  int               `json:"records"`
	Repeats  int               `json:"repeats"`
	Warmup   time.Duration     `json:"warmup_ns"`
	Duration time.Duration     `json:"duration_ns"`
	About    map[string]string `json:"about"` // systems, by name
	Notes    []string          `json:"notes"`
	Rows     []Row             `json:"rows"`
	Limits   []Limits          `json:"limits"`
	Samples  []Sample          `json:"samples"`
}

// Ours is the store to which ratios are taken.
const Ours = "roster"

// Of returns the samples of a row through a store that did not fail, by repeat.
func (r *Report) Of(row, store string) []Sample {
	var out []Sample
	for _, s := range r.Samples {
		if s.Row == row && s.Store == store && !s.Failed {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b Sample) int { return a.Repeat - b.Repeat })
	return out
}

// Stores returns all stores in the order in which they first appear, ours first.
func (r *Report) Stores() []string {
	out := []string{Ours}
	for _, s := range r.Samples {
		if !slices.Contains(out, s.Store) {
			out = append(out, s.Store)
		}
	}
	slices.SortStableFunc(out[1:], func(a, b string) int { return place(a) - place(b) })
	return out
}

// order is how stores stand in tables; what is not in it comes last.
var order = []string{"roster", "roster/16", "roster/client", "etcd", "nats", "redis", "redis-noaof", "bare"}

func place(store string) int {
	if at := slices.Index(order, store); at >= 0 {
		return at
	}
	return len(order)
}

// Ratio returns what Roster's value is in multiples of a store's, as the median over
// the repeats that have both; false when there is none.
func (r *Report) Ratio(row, store string) (float64, bool) { return r.ratioOf(row, store, value) }

// value and serverCPU are figures of a sample.
func value(s Sample) float64     { return s.Value }
func serverCPU(s Sample) float64 { return s.ServerCPU }

// ratioOf is Ratio for any figure.
func (r *Report) ratioOf(row, store string, figure func(Sample) float64) (float64, bool) {
	ours := map[int]float64{}
	for _, s := range r.Of(row, Ours) {
		ours[s.Repeat] = figure(s)
	}
	var ratios []float64
	for _, s := range r.Of(row, store) {
		if mine, ok := ours[s.Repeat]; ok && figure(s) > 0 {
			ratios = append(ratios, mine/figure(s))
		}
	}
	return Median(ratios), len(ratios) > 0
}

// Median returns the middle of values, the mean of the two middle ones when they are
// even in number, 0 when there are none.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// medianOf returns the median of a figure of samples.
func medianOf(samples []Sample, figure func(Sample) float64) float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = figure(s)
	}
	return Median(values)
}
