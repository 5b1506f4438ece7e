package loadgen_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"roster"
	"roster/internal/bubble"
	"roster/loadgen"
)

// gate is a target that answers at once, except that it keeps everybody waiting from
// one moment on for some time.
type gate struct {
	began       time.Time
	from, lasts time.Duration
}

func (g gate) Do(ctx context.Context, _ *loadgen.Worker, _ uint64) error {
	at := time.Since(g.began)
	if at < g.from || at >= g.from+g.lasts {
		return nil
	}
	timer := time.NewTimer(g.from + g.lasts - at)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func drive(t *testing.T, l loadgen.Load) loadgen.Result {
	t.Helper()
	got, err := loadgen.Drive(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestStallIsCharged holds that a stall of one second in ten shows in a tenth of the
// latencies of an open loop. A closed loop is the control: it hides it.
func TestStallIsCharged(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		l := loadgen.Load{Workers: 1000, Duration: 10 * time.Second, Schedule: loadgen.Steady(100)}
		l.Ops = []loadgen.Op{{Name: "ask", Do: gate{time.Now(), 5005 * time.Millisecond, time.Second}.Do}}
		got := drive(t, l).Operation("ask")
		if got.Count != 1000 || got.Failed() != 0 {
			t.Fatalf("%d succeeded, %d failed; want 1000 and 0", got.Count, got.Failed())
		}
		if p := got.Latency; p.P90 > 5 || p.P95 < 450 || p.P95 > 550 || p.Max < 990 {
			t.Errorf("latencies %+v: want half of the stalled tenth above 500 ms", p)
		}
	})
	bubble.Test(t, func(t *testing.T) {
		g := gate{time.Now(), 5005 * time.Millisecond, time.Second}
		paced := func(ctx context.Context, w *loadgen.Worker, n uint64) error {
			timer := time.NewTimer(10 * time.Millisecond)
			defer timer.Stop()
			<-timer.C
			return g.Do(ctx, w, n)
		}
		got := drive(t, loadgen.Load{Workers: 1, Duration: 10 * time.Second, Ops: []loadgen.Op{{Name: "ask", Weight: 1, Do: paced}}})
		if p := got.Operation("ask").Latency; p.P99 > 20 || p.Max < 990 {
			t.Errorf("closed loop: latencies %+v: the control should hide the stall from p99", p)
		}
	})
}

// TestNotSentIsCounted holds that what exceeds the bound is an error of its own.
func TestNotSentIsCounted(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		l := loadgen.Load{Workers: 10, Duration: 10 * time.Second, Schedule: loadgen.Steady(100)}
		l.Ops = []loadgen.Op{{Name: "ask", Weight: 1, Do: gate{time.Now(), 5005 * time.Millisecond, time.Second}.Do}}
		got := drive(t, l).Operation("ask")
		if got.Errors[loadgen.CodeNotSent] != 90 || got.Count != 910 {
			t.Errorf("%d succeeded, errors %v; want 910 and 90 not sent", got.Count, got.Errors)
		}
	})
}

// TestSameSeedSameSequence holds that the seed decides kinds and keys, in both loops
// and however many workers share them.
func TestSameSeedSameSequence(t *testing.T) {
	sequence := func(seed uint64, workers int, schedule loadgen.Schedule) []string {
		var mu sync.Mutex
		var seen []string
		op := func(name string) loadgen.Op {
			return loadgen.Op{Name: name, Weight: 1 + len(name), Do: func(_ context.Context, w *loadgen.Worker, n uint64) error {
				mu.Lock()
				defer mu.Unlock()
				seen = append(seen, fmt.Sprintf("%03d %s %d", n, name, w.Rand.IntN(1000)))
				return nil
			}}
		}
		bubble.Test(t, func(t *testing.T) {
			drive(t, loadgen.Load{Seed: seed, Workers: workers, Operations: 200, Schedule: schedule, Ops: []loadgen.Op{op("get"), op("put")}})
		})
		slices.Sort(seen)
		return seen
	}
	want := sequence(7, 1, nil)
	if got := sequence(7, 9, nil); !slices.Equal(got, want) || len(got) != 200 {
		t.Error("more workers make another sequence")
	}
	if got := sequence(7, 9, loadgen.Poisson(1000, 7)); !slices.Equal(got, want) {
		t.Error("an open loop makes another sequence")
	}
	if got := sequence(8, 1, nil); slices.Equal(got, want) {
		t.Error("another seed makes the same sequence")
	}
}

// TestWarmupDoesNotCount holds that what happens before the window shows in the series
// alone, errors by code, and that follow-ups are counted under their own name.
func TestWarmupDoesNotCount(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		began := time.Now()
		refuse := func(_ context.Context, w *loadgen.Worker, n uint64) error {
			if time.Since(began) < 2*time.Second {
				return errors.New("cold")
			}
			if n%2 == 0 {
				return roster.Errorf(roster.CodeOverloaded, "full")
			}
			w.Follow("after", func(context.Context) error { return nil })
			return nil
		}
		got := drive(t, loadgen.Load{Workers: 1, Warmup: 2 * time.Second, Duration: 8 * time.Second, Schedule: loadgen.Steady(10),
			Ops: []loadgen.Op{{Name: "ask", Weight: 1, Do: refuse}}})
		op := got.Operation("ask")
		if op.Count != 40 || op.Errors["Overloaded"] != 40 || len(op.Errors) != 1 || got.Operation("after").Count != 40 {
			t.Errorf("%+v, follow-ups %d; want 40 answers, 40 refusals, 40 follow-ups", op, got.Operation("after").Count)
		}
		if op.Rate != 5 || got.Measured != 8000 || len(got.Series) != 10 {
			t.Errorf("rate %v over %v ms in %d rows; want 5 over 8000 in 10", op.Rate, got.Measured, len(got.Series))
		}
		if first := got.Series[0]; !first.Warmup || first.Errors < 10 || first.Errors > 11 || got.Series[2].Warmup {
			t.Errorf("first row %+v; want a warm-up with 10 errors, or the one on the edge too", first)
		}
	})
}

// TestInterrupted holds that the end of the context ends the load at once, and that it
// is no error of what is driven.
func TestInterrupted(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		got, err := loadgen.Drive(ctx, loadgen.Load{Workers: 10, Duration: time.Hour, Schedule: loadgen.Steady(10),
			Ops: []loadgen.Op{{Name: "ask", Do: gate{time.Now(), time.Second, time.Minute}.Do}}})
		if err != nil || !got.Interrupted || got.Failed() != 0 || got.Count() != 10 {
			t.Errorf("%v, %+v; want 10 answers, none failed, interrupted", err, got.Operations)
		}
	})
}

func TestLoadsAreChecked(t *testing.T) {
	op := loadgen.Op{Name: "ask", Weight: 1, Do: gate{}.Do}
	for name, l := range map[string]loadgen.Load{
		"no kinds":    {Duration: time.Second},
		"same name":   {Duration: time.Second, Ops: []loadgen.Op{op, op}},
		"no function": {Duration: time.Second, Ops: []loadgen.Op{{Name: "ask", Weight: 1}}},
		"no weight":   {Duration: time.Second, Ops: []loadgen.Op{{Name: "ask", Do: op.Do}}},
		"no end":      {Ops: []loadgen.Op{op}},
		"workers":     {Duration: time.Second, Ops: []loadgen.Op{op}, Workers: loadgen.WorkersMax + 1},
	} {
		if _, err := loadgen.Drive(t.Context(), l); roster.CodeOf(err) != roster.CodeInvalid {
			t.Errorf("%s: %v; want Invalid", name, err)
		}
	}
}
