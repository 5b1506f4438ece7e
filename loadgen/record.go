package loadgen

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The range and precision of histograms, in microseconds: 3 digits up to 2 minutes.
// What is longer counts as the longest.
const (
	shortest  = 1
	longest   = 120_000_000
	precision = 3
)

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(shortest, longest, precision)
}

// microseconds is d as histograms hold it, within their range.
func microseconds(d time.Duration) int64 { return min(max(d.Microseconds(), shortest), longest) }

// recorder keeps what one worker, or a few, saw since it was last emptied. Each worker
// locks the one it shares with few, so that nobody waits for long.
type recorder struct {
	mu struct {
		sync.Mutex
		cells map[string]*cell
	}
}

// cell is what a recorder keeps of one kind of operation.
type cell struct {
	took      *hdrhistogram.Histogram // of those that succeeded and count
	errors    map[string]uint64       // of those that count
	samples   map[string]string       // the first error of each code
	warm      uint64                  // succeeded before figures counted
	warmFails uint64                  // failed before figures counted
}

func newCell() *cell {
	return &cell{took: newHistogram(), errors: map[string]uint64{}, samples: map[string]string{}}
}

// newRecorder returns a recorder that has an empty cell for each name.
func newRecorder(names []string) *recorder {
	r := &recorder{}
	r.mu.cells = newCells(names)
	return r
}

func newCells(names []string) map[string]*cell {
	cells := make(map[string]*cell, len(names))
	for _, name := range names {
		cells[name] = newCell()
	}
	return cells
}

// outcome is how an operation ended: the zero outcome is success.
type outcome struct {
	code, text string
}

// record counts one operation.
func (r *recorder) record(name string, took time.Duration, measured bool, o outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.mu.cells[name]
	if c == nil {
		c = newCell()
		r.mu.cells[name] = c
	}
	switch {
	case !measured && o.code == "":
		c.warm++
	case !measured:
		c.warmFails++
	case o.code == "":
		_ = c.took.RecordValue(microseconds(took)) // within the range, so it cannot fail
	default:
		c.errors[o.code]++
		if _, has := c.samples[o.code]; !has {
			c.samples[o.code] = o.text
		}
	}
}

// swap takes what r holds and gives it empty cells to go on with.
func (r *recorder) swap(empty map[string]*cell) map[string]*cell {
	r.mu.Lock()
	defer r.mu.Unlock()
	full := r.mu.cells
	r.mu.cells = empty
	return full
}

// add merges what another cell holds into c.
func (c *cell) add(other *cell) {
	c.took.Merge(other.took)
	c.warm += other.warm
	c.warmFails += other.warmFails
	for code, n := range other.errors { // order-free: sums
		c.errors[code] += n
	}
	for code, text := range other.samples { // order-free: each key once
		if _, has := c.samples[code]; !has {
			c.samples[code] = text
		}
	}
}

// clear empties c, so that it can be used again.
func (c *cell) clear() {
	if c.took.TotalCount() > 0 {
		c.took.Reset()
	}
	clear(c.errors)
	clear(c.samples)
	c.warm, c.warmFails = 0, 0
}

// failed returns how many failed, and counted.
func (c *cell) failed() uint64 {
	var n uint64
	for _, count := range c.errors { // order-free: a sum
		n += count
	}
	return n
}
