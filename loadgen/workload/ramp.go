package workload

import (
	"context"
	"fmt"
	"slices"
	"time"

	"roster/loadgen"
	"roster/loadgen/report"
	"roster/loadgen/usage"
)

// A ramp raises its rate by rampFactor until it breaks, and then halves the gap
// rampHalvings times; each step lets the queues of the one before drain first.
const (
	rampFactor   = 1.5
	rampHalvings = 3
	rampStepsMax = 40
	rampPause    = time.Second // or as long as a step
	// achievedMin is the part of the asked rate that must be answered.
	achievedMin = 0.95
)

// ramp finds the breaking point. The figures of its run are those of the highest rate
// that held.
func (s *stage) ramp(ctx context.Context) (report.Run, error) {
	var out report.Run
	var series []loadgen.Row
	began := time.Now()
	low, high := 0.0, 0.0
	for rate, halvings := s.perSecond, 0; len(out.Steps) < rampStepsMax && halvings < rampHalvings && ctx.Err() == nil; {
		load, step, err := s.step(ctx, rate)
		if err != nil {
			return out, err
		}
		for _, row := range load.Series {
			row.At += load.Began.Sub(began).Seconds()
			series = append(series, row)
		}
		out.Steps = append(out.Steps, step)
		if step.Broke == "" {
			low, out.Load = rate, load
		} else {
			high = rate
			if len(out.Load.Operations) == 0 {
				out.Load = load // nothing held yet
			}
		}
		rate, halvings = next(low, high, rate, halvings)
		if err := pause(ctx, min(rampPause, s.countFor)); err != nil {
			break
		}
	}
	out.Load.Series = series
	out.Extra = append(out.Extra, report.Figure{Name: "ramp.breaking_rate", Value: low, Unit: "/s", More: true})
	if high == 0 {
		out.Notes = append(out.Notes, "the breaking point was not reached")
	}
	return out, nil
}

// next returns the rate of the step after one at rate, given the highest that held and
// the lowest that broke, and how often the gap was halved.
func next(low, high, rate float64, halvings int) (float64, int) {
	switch {
	case high == 0:
		return rate * rampFactor, halvings
	case low == 0:
		return rate / rampFactor, halvings
	}
	return (low + high) / 2, halvings + 1
}

// step drives one rate and says whether it held.
func (s *stage) step(ctx context.Context, rate float64) (loadgen.Result, report.Step, error) {
	p := s.plan
	p.perSecond = rate
	p.outstanding = max(s.outstanding, int(min(4*rate, loadgen.WorkersMax)))
	load, err := loadgen.Drive(ctx, p.load(s))
	if err != nil {
		return load, report.Step{}, err
	}
	count, failed := float64(load.Count()), float64(load.Failed())
	step := report.Step{Rate: rate, Achieved: completed(load), Errors: failed / max(count+failed, 1)}
	for _, op := range load.Operations {
		step.P50, step.P99 = max(step.P50, op.Latency.P50), max(step.P99, op.Latency.P99)
	}
	switch {
	case load.Interrupted:
	case step.Errors > s.ErrorsMax:
		step.Broke = fmt.Sprintf("errors %.2f%% > %.2f%%", step.Errors*100, s.ErrorsMax*100)
	case step.P99 > float64(s.P99Max)/float64(time.Millisecond):
		step.Broke = fmt.Sprintf("p99 %.0f ms > %v", step.P99, s.P99Max)
	case step.Achieved < achievedMin*rate:
		step.Broke = fmt.Sprintf("answered %.0f of %.0f a second", step.Achieved, rate)
	}
	return load, step, nil
}

// completed is how many operations a second were answered, up to the last of them.
func completed(load loadgen.Result) float64 {
	var n, last float64
	for _, row := range load.Series {
		n += float64(row.Count)
		last = row.At
	}
	return n / max(last, 1e-9)
}

// recovery says how long after a spike the latencies were back at what they had been
// before it, or that they were not.
func (s *stage) recovery(load loadgen.Result) []report.Figure {
	at := func(part float64) float64 { return (s.warmFor + time.Duration(part*float64(s.countFor))).Seconds() }
	var before []float64
	for _, row := range load.Series {
		if row.At > s.warmFor.Seconds() && row.At <= at(spikeFrom) {
			before = append(before, row.P99)
		}
	}
	if len(before) == 0 {
		return nil
	}
	slices.Sort(before)
	usual := before[len(before)/2]
	for _, row := range load.Series {
		if row.At-1 >= at(spikeTo) && row.P99 <= 2*usual {
			return []report.Figure{{Name: "spike.recovery", Value: max(0, row.At-1-at(spikeTo)), Unit: "s"}}
		}
	}
	s.notes = append(s.notes, "latencies did not come back to what they were before the spike")
	return nil
}

// drift is by how much figures change in an hour, the first fifth left out.
func drift(load loadgen.Result, processes []usage.Process) []report.Drift {
	slope := func(marks []usage.Mark) float64 { return usage.GrowthOf(marks).PerOp }
	var p99, errors, rss []usage.Mark
	for _, row := range load.Series {
		if !row.Warmup {
			hours := row.At / 3600
			p99 = append(p99, usage.Mark{Operations: hours, Live: row.P99})
			errors = append(errors, usage.Mark{Operations: hours, Live: 100 * float64(row.Errors) / max(float64(row.Count+row.Errors), 1)})
		}
	}
	out := []report.Drift{{Name: "p99", PerHour: slope(p99), Unit: "ms"}, {Name: "errors", PerHour: slope(errors), Unit: "%"}}
	for _, p := range processes {
		rss = rss[:0]
		for _, sample := range p.Samples {
			rss = append(rss, usage.Mark{Operations: sample.At / 3600, Live: sample.RSS / (1 << 20)})
		}
		out = append(out, report.Drift{Name: "RSS of " + p.Nodes[0], PerHour: slope(rss), Unit: "MiB"})
	}
	return out
}
