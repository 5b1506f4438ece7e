package jobs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"roster"
	"roster/internal/bubble"
)

// lasting is a job that takes this long, and stops when its context ends.
func lasting(d time.Duration) Func {
	return func(ctx context.Context) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// pool runs a scenario in a bubble, in which nothing may be left.
func pool(t *testing.T, c Config, scenario func(p *Pool)) {
	bubble.Test(t, func(t *testing.T) {
		p := New(c)
		scenario(p)
		if err := p.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// TestBounds: so many run, so many wait, the next hears to come back; Do waits for room.
func TestBounds(t *testing.T) {
	pool(t, Config{Workers: 2, Queue: 3, Waiters: 1}, func(p *Pool) {
		ctx := context.Background()
		for range 5 {
			if _, err := p.Try(ctx, lasting(time.Second)); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		_, err := p.Try(ctx, lasting(0))
		if e, ok := errors.AsType[*roster.Error](err); !ok || e.Code != roster.CodeOverloaded || e.RetryAfter <= 0 {
			t.Errorf("a full queue answers %v", err)
		}
		done := make(chan error)
		began := time.Now()
		go func() { done <- p.Do(ctx, lasting(time.Second)) }()
		synctest.Wait()
		if err := p.Do(ctx, lasting(0)); roster.CodeOf(err) != roster.CodeOverloaded {
			t.Errorf("with one who waits for room already: %v", err)
		}
		if s := p.Stats(); s.Running != 2 || s.Queued != 3 || s.Waiting != 1 || s.Refused != 2 {
			t.Errorf("%+v", s)
		}
		if err := <-done; err != nil || time.Since(began) != 3*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// TestPanic: a job that panics, or ends its goroutine, fails alone; the worker works on.
func TestPanic(t *testing.T) {
	pool(t, Config{Workers: 1}, func(p *Pool) {
		for _, c := range []struct {
			f    Func
			want string
		}{
			{func(context.Context) error { panic("what now") }, "panic: what now"},
			{func(context.Context) error { runtime.Goexit(); return nil }, errExit.Error()},
			{func(context.Context) error { return errors.New("bad day") }, "bad day"},
			{lasting(0), "<nil>"},
		} {
			if err := p.Do(context.Background(), c.f); fmt.Sprint(err) != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
		}
		if s := p.Stats(); s.Ended != 4 || s.Failed != 3 || s.Running != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestNobodyWantsIt: a job whose context ends while it waits never begins, and its room is
// free at once.
func TestNobodyWantsIt(t *testing.T) {
	pool(t, Config{Workers: 1, Queue: 1}, func(p *Pool) {
		_, _ = p.Try(context.Background(), lasting(time.Hour))
		ctx, cancel := context.WithCancelCause(context.Background())
		began := false
		dead, err := p.Try(ctx, func(context.Context) error { began = true; return nil })
		if err != nil {
			t.Fatal(err)
		}
		cancel(errors.New("never mind"))
		now := time.Now()
		if err := dead.Err(); began || err == nil || err.Error() != "never mind" || time.Since(now) > 0 {
			t.Errorf("%v after %v, it began: %v", err, time.Since(now), began)
		}
		if _, err := p.Try(context.Background(), lasting(0)); err != nil {
			t.Errorf("its room is taken: %v", err)
		}
	})
}

// TestOrder: in drawn histories every job that nobody gave up runs once, in the order in
// which it came.
func TestOrder(t *testing.T) {
	for seed := range uint64(200) {
		draw := rand.New(rand.NewPCG(seed, 1))
		var want, got []int
		pool(t, Config{Workers: 1, Queue: 50}, func(p *Pool) {
			cancels := map[int]context.CancelFunc{}
			open := make(chan struct{})
			_, _ = p.Try(context.Background(), func(context.Context) error { <-open; return nil })
			for id := range 50 {
				ctx, cancel := context.WithCancel(context.Background())
				cancels[id] = cancel
				if _, err := p.Try(ctx, func(context.Context) error { got = append(got, id); return nil }); err != nil {
					t.Fatal(err)
				}
				want = append(want, id)
			}
			for range draw.IntN(20) {
				at := draw.IntN(len(want))
				cancels[want[at]]()
				want = slices.Delete(want, at, at+1)
			}
			synctest.Wait()
			close(open)
			synctest.Wait()
			for _, cancel := range cancels { // order-free: all of them
				cancel()
			}
		})
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: %v, want %v", seed, got, want)
		}
	}
}

// TestClose: what is there is run; when that takes too long, what waits never begins, what
// runs hears it, and the second Close waits for it.
func TestClose(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		p := New(Config{Workers: 1})
		var jobs []*Job
		for range 3 {
			j, err := p.Try(context.Background(), lasting(10*time.Second))
			if err != nil {
				t.Fatal(err)
			}
			jobs = append(jobs, j)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		defer cancel()
		if err := p.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		for i, want := range []roster.Code{"", roster.CodeUnavailable, roster.CodeUnavailable} {
			if err := jobs[i].Err(); roster.CodeOf(err) != want {
				t.Errorf("job %d: %v", i, err)
			}
		}
		if err := p.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := p.Do(context.Background(), lasting(0)); roster.CodeOf(err) != roster.CodeUnavailable {
			t.Error(err)
		}
	})
}

// TestNothingIsLeft: ten thousand jobs in a hundred pools, and no goroutine stays. A pool
// that is not closed is the control.
func TestNothingIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 100 {
		p := New(Config{Workers: 4, Queue: 200})
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if err := p.Do(t.Context(), func(context.Context) error { return nil }); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if err := p.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	after := settled(before)
	if after > before {
		t.Errorf("%d goroutines, %d before", after, before)
	}
	p := New(Config{Workers: 4})
	if n := runtime.NumGoroutine(); n != after+4 {
		t.Errorf("%d goroutines with four workers, %d without: this test does not see them", n, after)
	}
	_ = p.Close(t.Context())
}

// settled returns how many goroutines there are once those that are ending have ended.
func settled(before int) int {
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(deadline); {
		runtime.Gosched()
	}
	return runtime.NumGoroutine()
}

// BenchmarkDo is what a job costs.
func BenchmarkDo(b *testing.B) {
	p := New(Config{})
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := p.Do(context.Background(), func(context.Context) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
	})
	if err := p.Close(context.Background()); err != nil {
		b.Fatal(err)
	}
}
