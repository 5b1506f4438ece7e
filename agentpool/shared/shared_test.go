package shared

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"roster"
	"roster/internal/bubble"
)

func content(n int) Load {
	return func(context.Context) ([]byte, error) { return bytes.Repeat([]byte("x"), n), nil }
}

func must(t *testing.T, h *Holder, key string, load Load) ([]byte, func()) {
	t.Helper()
	b, release, err := h.Get(t.Context(), key, load)
	if err != nil {
		t.Error(err)
	}
	return b, release
}

// TestOneCopy: a hundred agents that share 8 MiB cost little more than one does, and nothing
// when all have let go. Without sharing they cost a hundred times that: the measure is sound.
func TestOneCopy(t *testing.T) {
	const agents, size = 100, 8 << 20
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	cost := func(n int, blobs func() *Blobs) (held, left int64) {
		before := heap()
		holders, parts := make([]*Holder, n), make([][]byte, n)
		for i := range n {
			holders[i] = blobs().Holder()
			parts[i], _ = must(t, holders[i], "model", content(size))
		}
		held = heap() - before
		runtime.KeepAlive(parts)
		clear(parts)
		for _, h := range holders {
			h.Close()
		}
		return held, heap() - before
	}
	s := New(Bounds{})
	one := func() *Blobs { return s }
	single, _ := cost(1, one)
	all, left := cost(agents, one)
	apart, _ := cost(10, func() *Blobs { return New(Bounds{}) })
	t.Logf("one agent: %d KiB, %d that share: %d KiB, left over: %d KiB; 10 that do not share: %d KiB", single>>10, agents, all>>10, left>>10, apart>>10)
	if single < size || all > 2*single || apart < 8*single {
		t.Errorf("one takes %d bytes, %d that share %d, 10 that do not %d", single, agents, all, apart)
	}
	if count, kept := s.Usage(); left > size/2 || count != 0 || kept != 0 {
		t.Errorf("%d bytes are left of the heap, %d blobs with %d bytes are kept", left, count, kept)
	}
}

// TestLoadedOnce: those that ask while a blob is being loaded wait for it.
func TestLoadedOnce(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		s, loads, go1 := New(Bounds{}), 0, make(chan struct{})
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				b, _ := must(t, s.Holder(), "k", func(context.Context) ([]byte, error) {
					loads++
					<-go1
					return []byte("abc"), nil
				})
				if string(b) != "abc" || cap(b) != 3 {
					t.Errorf("%q, room for %d", b, cap(b))
				}
			})
		}
		synctest.Wait()
		close(go1)
		all.Wait()
		if loads != 1 {
			t.Errorf("loaded %d times", loads)
		}
	})
}

var errNot = errors.New("not today")

// TestFailures: an error is the answer of those that waited for it, and of nobody later; the
// end of who loads is not the end of those that wait.
func TestFailures(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		s, gate := New(Bounds{}), make(chan struct{})
		fails := func(context.Context) ([]byte, error) { <-gate; return nil, errNot }
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if _, _, err := s.Holder().Get(t.Context(), "k", fails); !errors.Is(err, errNot) {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		close(gate)
		all.Wait()
		must(t, s.Holder(), "k", content(1))

		ctx, cancel := context.WithCancel(t.Context())
		all.Go(func() {
			_, _, err := s.Holder().Get(ctx, "slow", func(ctx context.Context) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() })
			if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
		synctest.Wait()
		all.Go(func() { must(t, s.Holder(), "slow", content(2)) })
		impatient, stop := context.WithCancel(t.Context())
		all.Go(func() {
			if _, _, err := s.Holder().Get(impatient, "slow", content(2)); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
		synctest.Wait()
		stop()
		synctest.Wait()
		cancel()
		all.Wait()

		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			_, _, _ = s.Holder().Get(t.Context(), "bad", func(context.Context) ([]byte, error) { panic("bad") })
		}()
		must(t, s.Holder(), "bad", content(3))
		if count, kept := s.Usage(); count != 3 || kept != 6 {
			t.Errorf("%d blobs with %d bytes", count, kept)
		}
	})
}

func TestBounds(t *testing.T) {
	s := New(Bounds{Bytes: 100, Count: 2})
	h := s.Holder()
	_, release := must(t, h, "a", content(60))
	for _, c := range []struct {
		key  string
		size int
		want roster.Code
	}{
		{"", 1, roster.CodeInvalid},
		{string(make([]byte, KeyMax+1)), 1, roster.CodeInvalid},
		{"b", 101, roster.CodeTooLarge},
		{"b", 41, roster.CodeOverloaded},
		{"b", 40, ""},
		{"c", 0, roster.CodeOverloaded},
	} {
		if _, _, err := h.Get(t.Context(), c.key, content(c.size)); roster.CodeOf(err) != c.want {
			t.Errorf("%.10q, %d bytes: %v, want %s", c.key, c.size, err, c.want)
		}
	}
	release()
	release() // once is enough
	must(t, h, "c", content(60))
	for range HeldMax - 2 {
		must(t, h, "c", nil)
	}
	if _, _, err := h.Get(t.Context(), "c", nil); roster.CodeOf(err) != roster.CodeRefused {
		t.Error(err)
	}
	h.Close()
	if _, _, err := h.Get(t.Context(), "c", nil); roster.CodeOf(err) != roster.CodeRefused {
		t.Error(err)
	}
	if count, kept := s.Usage(); count != 0 || kept != 0 {
		t.Errorf("%d blobs with %d bytes", count, kept)
	}
}

// TestManyHands: agents get and give back at random from many goroutines; each sees the
// right contents while it has them, and nothing is left.
func TestManyHands(t *testing.T) {
	s := New(Bounds{})
	var loads atomic.Int64
	var all sync.WaitGroup
	for hand := range 16 {
		all.Go(func() {
			draw, h := rand.New(rand.NewPCG(7, uint64(hand))), s.Holder()
			for range 2000 {
				key := fmt.Sprint("k", draw.IntN(5))
				b, release, err := h.Get(t.Context(), key, func(context.Context) ([]byte, error) {
					if loads.Add(1); draw.IntN(4) == 0 {
						return nil, errNot
					}
					return []byte(key), nil
				})
				switch {
				case errors.Is(err, errNot):
				case err != nil || string(b) != key:
					t.Errorf("%s: %q, %v", key, b, err)
				case draw.IntN(3) > 0 || len(h.mu.held) > 20:
					release()
				}
			}
			h.Close()
		})
	}
	all.Wait()
	if count, kept := s.Usage(); count != 0 || kept != 0 || loads.Load() == 0 {
		t.Errorf("%d blobs with %d bytes after %d loads", count, kept, loads.Load())
	}
}
