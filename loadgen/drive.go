package loadgen

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// run is one load on its way.
type run struct {
	Load
	weight    int // of all kinds
	began     time.Time
	recorders []*recorder
	index     map[string]int // kinds by name
	next      atomic.Uint64  // closed loop: the number of the next operation

	queue       chan job     // open loop: what is due, of which there is room for all outstanding
	outstanding atomic.Int64 // open loop: handed over and not ended
	started     int          // open loop: workers that run; the scheduler's own
	workers     sync.WaitGroup
	lag         *hdrhistogram.Histogram // the scheduler's own
}

// job is one operation that is due.
type job struct {
	n        uint64
	op       int // -1: by weight
	intended time.Time
	measured bool
}

// Drive carries out l and returns what became of it once everything that was sent is
// answered or timed out. When ctx ends first it returns what there is so far, marked
// as Interrupted. An error is a fault of l.
func Drive(ctx context.Context, l Load) (Result, error) {
	if err := l.Validate(); err != nil {
		return Result{}, err
	}
	r := newRun(l.withDefaults())
	tally := newTally(r.Load, r.recorders, r.names(), r.began)
	counting, stop := context.WithCancel(context.WithoutCancel(ctx))
	var counter sync.WaitGroup
	counter.Go(func() { tally.run(counting) })
	if r.Schedule == nil {
		r.closed(ctx)
	} else {
		r.open(ctx)
	}
	window := r.window(time.Now())
	r.workers.Wait()
	stop()
	counter.Wait()
	out := Result{Name: l.Name, Seed: l.Seed, Began: r.began, Warmup: milliseconds(l.Warmup), Measured: milliseconds(window),
		Operations: tally.operations(window), Lag: latencyOf(r.lag), Series: tally.series, Interrupted: ctx.Err() != nil}
	out.sortOperations()
	return out, nil
}

func newRun(l Load) *run {
	r := &run{Load: l, began: time.Now(), index: map[string]int{}, lag: newHistogram(), queue: make(chan job, l.Workers)}
	for i, op := range l.Ops {
		r.weight += op.Weight
		r.index[op.Name] = i
	}
	for range min(l.Workers, 4*runtime.GOMAXPROCS(0)) {
		r.recorders = append(r.recorders, newRecorder(r.names()))
	}
	return r
}

func (r *run) names() []string {
	names := make([]string, len(r.Ops))
	for i, op := range r.Ops {
		names[i] = op.Name
	}
	return names
}

// window is for how long figures have counted at the moment now, at most Duration.
func (r *run) window(now time.Time) time.Duration {
	window := max(0, now.Sub(r.began)-r.Warmup)
	if r.Duration > 0 {
		window = min(window, r.Duration)
	}
	return window
}

func (r *run) worker(id int) *Worker {
	source := rand.NewPCG(0, 0)
	return &Worker{ID: id, Rand: rand.New(source), source: source, recorder: r.recorders[id%len(r.recorders)]}
}

// closed lets every worker send one operation after the other until time is up.
func (r *run) closed(ctx context.Context) {
	end := r.began.Add(r.Warmup + r.Duration)
	for id := range r.Workers {
		r.workers.Go(func() {
			w := r.worker(id)
			for ctx.Err() == nil {
				now := time.Now()
				n := r.next.Add(1) - 1
				if (r.Duration > 0 && !now.Before(end)) || (r.Operations > 0 && n >= r.Operations) {
					return
				}
				r.do(ctx, w, job{n: n, op: -1, intended: now, measured: now.Sub(r.began) >= r.Warmup})
			}
		})
	}
	r.workers.Wait()
}

// open hands over every operation when it is due.
func (r *run) open(ctx context.Context) {
	defer close(r.queue)
	timer := time.NewTimer(0)
	defer timer.Stop()
	n := uint64(0)
	for arrival := range r.Schedule {
		if r.Duration > 0 && arrival.At >= r.Warmup+r.Duration {
			await(ctx, timer, r.began.Add(r.Warmup+r.Duration))
			return
		}
		if r.Operations > 0 && n >= r.Operations {
			return
		}
		j := job{n: n, op: -1, intended: r.began.Add(arrival.At), measured: arrival.At >= r.Warmup}
		if i, ok := r.index[arrival.Op]; ok {
			j.op = i
		}
		if !await(ctx, timer, j.intended) {
			return
		}
		if j.measured {
			_ = r.lag.RecordValue(microseconds(time.Since(j.intended))) // within the range
		}
		r.hand(ctx, j)
		n++
	}
}

// await waits until t, and reports whether ctx still stands then.
func await(ctx context.Context, timer *time.Timer, t time.Time) bool {
	d := time.Until(t)
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer.Reset(d)
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// hand gives j to a worker, a new one if all are busy and more may be, or counts that
// it was not sent.
func (r *run) hand(ctx context.Context, j job) {
	out := r.outstanding.Add(1)
	if out > int64(r.Workers) {
		r.outstanding.Add(-1)
		r.refuse(j)
		return
	}
	if int64(r.started) < out {
		w := r.worker(r.started)
		r.started++
		r.workers.Go(func() {
			for j := range r.queue {
				r.do(ctx, w, j)
				r.outstanding.Add(-1)
			}
		})
	}
	r.queue <- j // there is room for all that may be outstanding
}

// refuse counts an operation that nobody was free to send.
func (r *run) refuse(j job) {
	if j.op < 0 {
		source := rand.NewPCG(r.Seed, mix(j.n))
		j.op = pick(rand.New(source), r.Ops, r.weight)
	}
	r.recorders[0].record(r.Ops[j.op].Name, 0, j.measured,
		outcome{CodeNotSent, "as many operations as may be were outstanding when it was due"})
}

// do carries out one operation and what follows from it, and records how they went.
func (r *run) do(ctx context.Context, w *Worker, j job) {
	w.seed(r.Seed, j.n)
	drawn := pick(w.Rand, r.Ops, r.weight) // drawn always, so that what follows is the same
	if j.op < 0 {
		j.op = drawn
	}
	op := r.Ops[j.op]
	do := func(ctx context.Context) error { return op.Do(ctx, w, j.n) }
	ok := r.time(ctx, w, op.Name, do, j.intended, j.measured)
	for ; ok && len(w.follows) > 0; w.follows = w.follows[1:] {
		r.time(ctx, w, w.follows[0].name, w.follows[0].do, time.Now(), j.measured)
	}
	w.follows = nil
}

// time carries out do, records how long after began it ended, and reports whether it
// succeeded.
func (r *run) time(ctx context.Context, w *Worker, name string, do func(context.Context) error, began time.Time, measured bool) bool {
	limited, cancel := context.WithTimeout(ctx, r.Timeout)
	err := do(limited)
	cancel()
	if err != nil && ctx.Err() != nil {
		return false // the end of the load is no fault of what it drives
	}
	w.recorder.record(name, time.Since(began), measured, r.code(err))
	return err == nil
}

// code names how an operation ended.
func (r *run) code(err error) outcome {
	if err == nil {
		return outcome{}
	}
	return outcome{r.Code(err), err.Error()}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
