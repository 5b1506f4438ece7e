package warm

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"roster"
)

// TestHistories: in drawn histories there are never more than Max, nothing is used by two,
// none is used that was given up or not reset, and each that was made is closed once.
func TestHistories(t *testing.T) {
	for seed := range uint64(200) {
		draw := rand.New(rand.NewPCG(seed, 1))
		f := &factory{takes: time.Duration(draw.IntN(300)) * time.Millisecond}
		target, most := draw.IntN(5), 1+draw.IntN(8)
		f.reset = func(ctx context.Context, w *worker) error {
			after(time.Duration(len(w.history)*7%50) * time.Millisecond)
			spoilt := w.owner == "spoilt"
			w.forget()
			if spoilt {
				return errors.New("bad day")
			}
			return nil
		}
		pool(t, f, Config[*worker]{Target: target, Max: most}, func(p *Pool[*worker]) {
			var out []*Claim[*worker]
			for range 100 {
				switch act := draw.IntN(8); {
				case act < 3:
					c, err := p.Claim(context.Background())
					switch {
					case err == nil && (c.Value.owner != "" || f.isClosed(c.Value)):
						t.Fatalf("seed %d: %+v was lent", seed, c.Value)
					case err == nil:
						c.Value.use("taken")
						out = append(out, c)
					case len(out) < max(most, target)-target && roster.CodeOf(err) != roster.CodeOverloaded:
						t.Fatalf("seed %d: %v", seed, err)
					}
				case act < 6 && len(out) > 0:
					at := draw.IntN(len(out))
					c := out[at]
					out = slices.Delete(out, at, at+1)
					switch act {
					case 3:
						c.Value.owner = "spoilt"
						c.Release()
					case 4:
						c.Discard()
					default:
						c.Release()
					}
				case act == 6:
					p.Resize(draw.IntN(6))
				default:
					after(time.Duration(draw.IntN(2000)) * time.Millisecond)
				}
				if s := p.Stats(); s.Ready+s.Claimed+s.Making+s.Resetting > max(most, target) || s.Claimed != len(out) {
					t.Fatalf("seed %d: at most %d, %d are claimed: %+v", seed, most, len(out), s)
				}
			}
			for _, c := range out {
				c.Release()
			}
		})
	}
}

// TestNothingIsLeft: ten thousand claims in a hundred pools, and no goroutine stays. A pool
// that still makes one is the control.
func TestNothingIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	c := Config[int]{Target: 4, Max: 20, Make: func(context.Context) (int, error) { return 1, nil }, Reset: func(context.Context, int) error { return nil }}
	for range 100 {
		p := New(c)
		for i := range 100 {
			one, err := p.Claim(t.Context())
			if roster.CodeOf(err) == roster.CodeOverloaded {
				continue // all are being reset
			}
			if err != nil {
				t.Fatal(err)
			}
			if i%5 == 0 {
				one.Discard()
			}
			one.Release()
		}
		if err := p.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	after := settled(before)
	if after > before {
		t.Errorf("%d goroutines, %d before", after, before)
	}
	c.Make = func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, ctx.Err() }
	p := New(c)
	if n := runtime.NumGoroutine(); n != after+4 {
		t.Errorf("%d goroutines while four are made, %d without: this test does not see them", n, after)
	}
	if err := p.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// settled returns how many goroutines there are once those that are ending have ended.
func settled(before int) int {
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(deadline); {
		runtime.Gosched()
	}
	return runtime.NumGoroutine()
}
