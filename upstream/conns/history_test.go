package conns

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// story is a drawn history of callers with this pool.
type story struct {
	p       *Pool[*conn]
	s       *service
	granted []int // callers, in the order in which they got a connection
	lent    []*Loan[*conn]
	cancels map[int]context.CancelFunc
}

// arrive has a caller borrow.
func (s *story) arrive(id int) {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancels[id] = cancel
	go func() {
		l, err := s.p.Borrow(ctx)
		s.s.Lock()
		defer s.s.Unlock()
		if err == nil {
			s.granted = append(s.granted, id)
			s.lent = append(s.lent, l)
		}
	}()
	synctest.Wait()
}

// TestHistories: in drawn histories connections are lent in the order of arrival, never more
// than there may be, and none is lost by who gives up, breaks one or finds one broken.
func TestHistories(t *testing.T) {
	for seed := range uint64(300) {
		draw := rand.New(rand.NewPCG(seed, 1))
		size, overflow := 1+draw.IntN(3), draw.IntN(3)
		pool(t, Config[*conn]{Size: size, Overflow: overflow, IdleFor: time.Minute}, func(p *Pool[*conn], service *service) {
			s := &story{p: p, s: service, cancels: map[int]context.CancelFunc{}}
			for id := range 80 {
				s.step(draw, id)
				if service.now() > size+overflow || service.now() != p.Stats().Open {
					t.Fatalf("seed %d: %d open, %d counted", seed, service.now(), p.Stats().Open)
				}
			}
			for _, cancel := range s.cancels { // order-free: all who still wait
				cancel()
			}
			synctest.Wait()
			for _, l := range s.lent {
				l.Return()
			}
			if got := p.Stats(); got.Lent != 0 || got.Waiting != 0 || got.Idle != service.now() || got.Idle > size {
				t.Fatalf("seed %d: %d open, %+v", seed, service.now(), got)
			}
			if !slices.IsSorted(s.granted) {
				t.Fatalf("seed %d: lent in the order %v", seed, s.granted)
			}
		})
	}
}

// step draws one thing that happens. A caller is known by the step in which it came.
func (s *story) step(draw *rand.Rand, id int) {
	switch act := draw.IntN(10); {
	case act < 4:
		s.arrive(id)
	case act < 7 && len(s.lent) > 0:
		at := draw.IntN(len(s.lent))
		l := s.lent[at]
		s.lent = slices.Delete(s.lent, at, at+1)
		if act == 4 {
			l.Discard()
		} else {
			l.Return()
		}
	case act == 7: // somebody gives up, or has long been served
		if cancel := s.cancels[draw.IntN(id+1)]; cancel != nil {
			cancel()
		}
	case act == 8:
		if n := s.p.Stats().Idle; n > 0 {
			spoil(s.p, draw.IntN(n))
		}
	case act == 9:
		after(time.Duration(draw.IntN(60)) * time.Second)
	}
	synctest.Wait()
}

// TestNothingIsLeft: ten thousand loans in a hundred pools, and neither a goroutine nor a
// connection stays. A connection that is not given back is the control.
func TestNothingIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	s := &service{}
	for n := range 100 {
		p := New(Config[*conn]{Open: s.dial, Size: 3, Overflow: 2})
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				l, err := p.Borrow(t.Context())
				switch {
				case err != nil:
					t.Error(err)
				case i%7 == n%7:
					l.Discard()
				default:
					l.Return()
				}
			})
		}
		all.Wait()
		if err := p.Close(t.Context()); err != nil || s.now() != 0 || s.most > 5 {
			t.Fatalf("%v; %d open, %d at the most", err, s.now(), s.most)
		}
	}
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(deadline); {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines, %d before", n, before)
	}
	p := New(Config[*conn]{Open: s.dial})
	kept := take(t, p)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Close(ctx); err == nil || s.now() != 1 {
		t.Errorf("%v, %d open: this test does not see what is kept", err, s.now())
	}
	kept.Return()
}

// TestSource is the load at which the source's pool broke: 500 callers at once, 50
// connections and 100 more. None fails.
func TestSource(t *testing.T) {
	for _, c := range []struct{ size, overflow int }{{10, 5}, {50, 100}} {
		pool(t, Config[*conn]{Size: c.size, Overflow: c.overflow}, func(p *Pool[*conn], s *service) {
			failed := make(chan error, 500)
			for range 500 {
				go func() {
					l, err := p.Borrow(context.Background())
					if err == nil {
						after(20 * time.Millisecond)
						l.Return()
					}
					failed <- err
				}()
			}
			for range 500 {
				if err := <-failed; err != nil {
					t.Error(err)
				}
			}
			if s.most != c.size+c.overflow || s.now() != c.size {
				t.Errorf("%d at the most, %d kept", s.most, s.now())
			}
		})
	}
}

// BenchmarkBorrow is what a loan costs when a connection is idle.
func BenchmarkBorrow(b *testing.B) {
	s := &service{}
	p := New(Config[*conn]{Open: s.dial})
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			l, err := p.Borrow(context.Background())
			if err != nil {
				b.Fatal(err)
			}
			l.Return()
		}
	})
	if err := p.Close(context.Background()); err != nil {
		b.Fatal(err)
	}
}
