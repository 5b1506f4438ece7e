package workload

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"roster/loadgen"
	"roster/loadgen/check"
	"roster/loadgen/report"
	"roster/loadgen/usage"
)

const (
	// settleFor bounds how long what was acknowledged is read back.
	settleFor = time.Minute
	// lateMax is how late the generator may send before a report warns.
	lateMax = 10 * time.Millisecond
)

// Run carries out the profile once. When ctx ends early it returns what there is so
// far, marked as interrupted, after it has cleaned up. An error says why there is
// nothing to report.
func Run(ctx context.Context, c Config) (report.Run, error) {
	if err := c.Validate(); err != nil {
		return report.Run{}, err
	}
	p, err := planOf(c)
	if err != nil {
		return report.Run{}, err
	}
	s, err := newStage(ctx, p)
	if err != nil {
		return report.Run{}, err
	}
	defer s.close()
	out, err := s.run(ctx)
	s.sweep(ctx)
	out.Notes = append(out.Notes, s.notes...)
	return out, err
}

// run fills the stage, drives the load with everything beside it, and sums up.
func (s *stage) run(ctx context.Context) (report.Run, error) {
	if err := s.fill(ctx); err != nil {
		return report.Run{}, err
	}
	var beside sync.WaitGroup
	keeping, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer beside.Wait()
	defer stop()
	if err := s.begin(ctx, keeping, &beside); err != nil {
		return report.Run{}, err
	}
	var auditing sync.WaitGroup
	audited, enough := context.WithCancel(ctx)
	if !s.Unchecked {
		s.audit(audited, &auditing)
	}
	began, client := time.Now(), usage.Self()
	out, err := s.drive(ctx)
	client = usage.Self() - client
	s.probe.Take(context.WithoutCancel(ctx))
	enough()
	auditing.Wait()
	if err != nil {
		return report.Run{}, err
	}
	s.spent(&out, float64(client)/float64(max(time.Since(began), 1)))
	if !s.Unchecked {
		out.Checks = s.verdicts(context.WithoutCancel(ctx))
	}
	stop()
	beside.Wait()
	s.release(context.WithoutCancel(ctx))
	return out, nil
}

// begin starts what goes on beside the load for as long as keeping stands.
func (s *stage) begin(ctx, keeping context.Context, beside *sync.WaitGroup) error {
	beside.Go(func() { s.keep(keeping, s.beside[0], s.session, fillTTL, s.acknowledged.DoubtAll) })
	beside.Go(func() { s.probe.Run(keeping) })
	if err := s.hold(ctx, keeping, beside); err != nil || s.Unchecked {
		return err
	}
	after, err := s.present(ctx)
	if err == nil {
		beside.Go(func() { s.watch(keeping, after) })
	}
	return err
}

// drive carries out the load.
func (s *stage) drive(ctx context.Context) (report.Run, error) {
	if s.Name == "ramp" {
		return s.ramp(ctx)
	}
	load, err := loadgen.Drive(ctx, s.load(s))
	out := report.Run{Load: load}
	if err == nil && s.Name == "spike" {
		out.Extra = append(out.Extra, s.recovery(load)...)
	}
	if err == nil && s.Name == "chaos" {
		out.Extra = append(out.Extra, s.pauseFigures()...)
	}
	return out, err
}

// verdicts asks the checkers, once what was acknowledged has been read back.
func (s *stage) verdicts(ctx context.Context) []check.Verdict {
	waiting, cancel := context.WithTimeout(ctx, toldFor)
	s.order.Await(waiting)
	cancel()
	settling, cancel := context.WithTimeout(ctx, settleFor)
	s.settle(settling)
	cancel()
	return []check.Verdict{s.acknowledged.Verdict(), s.registers.Verdict(), s.tokens.Verdict(), s.revisions.Verdict(), s.lives.Verdict(), s.order.Verdict()}
}

// spent fills in what the nodes and the generator spent.
func (s *stage) spent(out *report.Run, clientCores float64) {
	load := out.Load
	begin := load.Began.Add(toDuration(load.Warmup))
	from, to := s.probe.Since(begin), s.probe.Since(begin.Add(toDuration(load.Measured)))
	whole := load.Warmup + load.Measured
	audits := uint64(float64(s.audits.Load()) * load.Measured / max(whole, 1))
	done := load.Count() + load.Failed() - notSent(load) + audits
	if late := toDuration(load.Lag.P99); late > lateMax {
		out.Notes = append(out.Notes, fmt.Sprintf("the generator sent up to %v late (p99): this machine was too busy, and latencies are as much its own as the nodes'", late.Round(time.Millisecond)))
	}
	processes := s.probe.Processes()
	out.Usage = usage.Between(processes, from, to, done)
	out.Usage.ClientCPU = clientCores
	if len(processes) == 0 {
		return
	}
	offset := s.probe.Since(load.Began)
	operations := cumulative(load.Series)
	growth := usage.GrowthOf(usage.Marks(processes, func(at float64) float64 { return operations(at - offset) }))
	out.Usage.Growth = &growth
	if s.Name == "soak" {
		out.Drift = drift(load, processes)
	}
}

// notSent is how many operations never left the generator.
func notSent(load loadgen.Result) uint64 {
	var n uint64
	for _, op := range load.Operations {
		n += op.Errors[loadgen.CodeNotSent]
	}
	return n
}

// cumulative returns how many operations had been carried out at a moment of the load,
// between the rows of its series.
func cumulative(series []loadgen.Row) func(at float64) float64 {
	total := make([]float64, len(series))
	sum := 0.0
	for i, row := range series {
		sum += float64(row.Count + row.Errors)
		total[i] = sum
	}
	return func(at float64) float64 {
		i, _ := slices.BinarySearchFunc(series, at, func(row loadgen.Row, at float64) int {
			if row.At < at {
				return -1
			}
			return 1
		})
		if i == len(series) {
			return sum
		}
		before, since := 0.0, 0.0
		if i > 0 {
			before, since = total[i-1], series[i-1].At
		}
		if part := (at - since) / max(series[i].At-since, 1e-9); part > 0 {
			return before + part*(total[i]-before)
		}
		return before
	}
}

func toDuration(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }
