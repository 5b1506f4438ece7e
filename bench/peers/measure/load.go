package measure

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"roster/bench/peers/record"
	"roster/bench/peers/system"
	"roster/bench/peers/table"
	"roster/loadgen"
)

// operation is what a caller does again and again.
type operation func(b *Bench, ctx context.Context, store system.Store, w *loadgen.Worker) error

// load is a row of a closed loop.
func load(name, title string, callers int, do operation, without []string) Row {
	r := Row{Row: table.Row{Name: name, Title: title, Unit: "a second", Higher: true}, without: without}
	if callers == 1 {
		r.Unit, r.Higher = "ms p50", false
	}
	scale := 1.0
	if name == "batch-16" {
		r.Unit, scale = "records a second", system.BatchRecords
	}
	r.run = func(ctx context.Context, b *Bench, store string) (table.Sample, error) {
		sample, err := b.drive(ctx, store, callers, loadgen.Load{Name: name, Workers: callers}, do)
		sample.Rate *= scale
		sample.ServerCPU /= scale
		sample.ClientCPU /= scale
		if callers == 1 {
			figure(&sample, sample.P50)
		} else {
			figure(&sample, sample.Rate)
		}
		return sample, err
	}
	return r
}

// drive carries out a load through a store.
func (b *Bench) drive(ctx context.Context, name string, callers int, l loadgen.Load, do operation) (table.Sample, error) {
	ctx, cancel := context.WithTimeout(ctx, b.Warmup+b.Duration+spareTime)
	defer cancel()
	store, err := b.System.Connect(ctx, name, callers)
	if err != nil {
		return table.Sample{}, err
	}
	defer store.Close()
	l.Seed, l.Warmup, l.Duration, l.Operations, l.Timeout = b.Seed, b.Warmup, b.Duration, b.Operations, operationMax
	ended := ends{began: time.Now(), warmup: b.Warmup, duration: b.Duration}
	l.Ops = []loadgen.Op{{Name: l.Name, Weight: 1, Do: func(ctx context.Context, w *loadgen.Worker, _ uint64) error {
		return ended.count(do(b, ctx, store, w))
	}}}
	before := spentBy(b.System.Processes())
	got, err := loadgen.Drive(ctx, l)
	if err != nil {
		return table.Sample{}, err
	}
	op := got.Operation(l.Name)
	sample := table.Sample{Rate: ended.rate(), P50: op.Latency.P50, P95: op.Latency.P95, P99: op.Latency.P99, Errors: op.Failed()}
	for _, first := range op.Samples { // order-free: any of them tells what is wrong
		sample.Note = first
	}
	spentBy(b.System.Processes()).since(before, float64(ended.all.Load()), &sample)
	if op.Count == 0 && sample.Errors > 0 {
		return sample, fmt.Errorf("%s: nothing succeeded: %s", l.Name, sample.Note)
	}
	return sample, ctx.Err()
}

// figure makes value the row's figure. A load in which nothing ended has none.
func figure(sample *table.Sample, value float64) {
	sample.Value = value
	if value == 0 && sample.Note == "" {
		sample.Failed, sample.Note = true, "nothing that began after the warm-up ended: the load is too short"
	}
}

// ends counts operations by when they ended. A rate of those that began in the window,
// as latencies are of, would leave out a stall that began before it.
type ends struct {
	began            time.Time
	warmup, duration time.Duration
	all, inside      atomic.Int64
}

// count counts one that ended now, unless it failed.
func (e *ends) count(err error) error {
	if err != nil {
		return err
	}
	e.all.Add(1)
	if at := time.Since(e.began); at >= e.warmup && at < e.warmup+e.duration {
		e.inside.Add(1)
	}
	return nil
}

// rate is how many ended in a second of the window, or of what there was of it.
func (e *ends) rate() float64 {
	window := min(e.duration, time.Since(e.began)-e.warmup)
	if window <= 0 {
		return 0
	}
	return float64(e.inside.Load()) / window.Seconds()
}

func (b *Bench) put(ctx context.Context, store system.Store, w *loadgen.Worker) error {
	number := w.Rand.IntN(b.Records)
	return store.Put(ctx, w.ID, system.Item{ID: record.ID(number), Value: record.Make(number, b.version.Add(1))})
}

// fresh stores a record that nobody stored before.
func (b *Bench) fresh(ctx context.Context, store system.Store, w *loadgen.Worker) error {
	number := freshFirst + int(b.created.Add(1))
	return store.Put(ctx, w.ID, system.Item{ID: record.ID(number), Value: record.Make(number, b.version.Add(1))})
}

// batch stores records that lie far from each other, each once: a transaction of etcd
// refuses to write a key twice.
func (b *Bench) batch(ctx context.Context, store system.Store, w *loadgen.Worker) error {
	first, stride := w.Rand.IntN(b.Records), b.Records/system.BatchRecords
	items := make([]system.Item, system.BatchRecords)
	for i := range items {
		number := (first + i*stride) % b.Records
		items[i] = system.Item{ID: record.ID(number), Value: record.Make(number, b.version.Add(1))}
	}
	return store.PutBatch(ctx, w.ID, items)
}

// look looks up a record that is there.
func look(level system.Level) operation {
	return func(b *Bench, ctx context.Context, store system.Store, w *loadgen.Worker) error {
		got, err := store.Get(ctx, w.ID, record.ID(w.Rand.IntN(b.Records)), level)
		if err == nil && len(got) == 0 {
			return fmt.Errorf("an empty record")
		}
		return err
	}
}

// The shape of a burst: what an application does that asks for all it needs at once.
const (
	burstSize   = 100
	burstEvery  = 250 * time.Millisecond
	burstsAhead = 4 // how many bursts may be under way before requests count as not sent
)

// burst is the row of look-ups that come all at once.
func burst() Row {
	return Row{
		Row:     table.Row{Name: "burst", Title: "100 look-ups at once, 4 times a second", Unit: "ms p99"},
		without: noReads,
		run: func(ctx context.Context, b *Bench, store string) (table.Sample, error) {
			const callers = burstsAhead * burstSize
			sample, err := b.drive(ctx, store, callers, loadgen.Load{Name: "burst", Workers: callers, Schedule: bursts}, look(system.Local))
			figure(&sample, sample.P99)
			return sample, err
		},
	}
}

// bursts is the schedule; the load ends it.
func bursts(yield func(loadgen.Arrival) bool) {
	for at := time.Duration(0); ; at += burstEvery {
		for range burstSize {
			if !yield(loadgen.Arrival{At: at}) {
				return
			}
		}
	}
}
