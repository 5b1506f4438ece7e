package loadgen

import (
	"context"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// tally gathers what the recorders hold, row by row.
type tally struct {
	recorders []*recorder
	spare     []map[string]*cell // emptied cells, for the next swap
	total     map[string]*cell
	second    map[string]*cell
	all       *hdrhistogram.Histogram // all kinds of one row
	series    []Row
	began     time.Time
	warmup    time.Duration
	every     time.Duration // what a row spans
	progress  func(Row)
}

func newTally(l Load, recorders []*recorder, names []string, began time.Time) *tally {
	t := &tally{recorders: recorders, total: newCells(names), second: newCells(names), all: newHistogram(),
		began: began, warmup: l.Warmup, every: l.rowEvery(), progress: l.Progress}
	for range recorders {
		t.spare = append(t.spare, newCells(names))
	}
	return t
}

// run closes a row again and again, and a last one when ctx ends.
func (t *tally) run(ctx context.Context) {
	ticker := time.NewTicker(t.every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			t.closeRow()
		case <-ctx.Done():
			t.closeRow()
			return
		}
	}
}

// closeRow takes what the recorders gathered as one row.
func (t *tally) closeRow() {
	for i, r := range t.recorders {
		full := r.swap(t.spare[i])
		for name, c := range full { // order-free: sums
			if t.second[name] == nil {
				t.second[name], t.total[name] = newCell(), newCell()
			}
			t.second[name].add(c)
			c.clear()
		}
		t.spare[i] = full
	}
	row := t.sum()
	if row.Count+row.Errors == 0 && len(t.series) > 0 && row.At-t.series[len(t.series)-1].At < 0.5 {
		return // the bit that is left at the end
	}
	t.series = append(t.series, row)
	if t.progress != nil {
		t.progress(row)
	}
}

// sum turns the cells of one row into the row, adds them to the total and empties
// them.
func (t *tally) sum() Row {
	at := time.Since(t.began)
	row := Row{At: at.Seconds(), Warmup: at-t.every/2 < t.warmup, ByName: map[string]RowCut{}}
	t.all.Reset()
	for name, c := range t.second { // order-free: sums
		t.all.Merge(c.took)
		cut := RowCut{Count: uint64(c.took.TotalCount()) + c.warm, Errors: c.failed() + c.warmFails}
		row.Count += cut.Count
		row.Errors += cut.Errors
		if cut.Count+cut.Errors > 0 {
			latency := latencyOf(c.took)
			cut.P50, cut.P99 = latency.P50, latency.P99
			row.ByName[name] = cut
		}
		t.total[name].add(c)
		c.clear()
	}
	latency := latencyOf(t.all)
	row.P50, row.P99, row.Max = latency.P50, latency.P99, latency.Max
	return row
}

// operations returns the figures of each kind, over so much time.
func (t *tally) operations(window time.Duration) []Operation {
	out := make([]Operation, 0, len(t.total))
	for name, c := range t.total { // order-free: the caller sorts
		op := Operation{Name: name, Count: uint64(c.took.TotalCount()), Latency: latencyOf(c.took), Curve: curveOf(c.took)}
		if window > 0 {
			op.Rate = float64(op.Count) / window.Seconds()
		}
		if len(c.errors) > 0 {
			op.Errors, op.Samples = c.errors, c.samples
		}
		out = append(out, op)
	}
	return out
}
