package warm

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"
)

// waves are the source's load: so many at once, 100 ms apart.
func waves() []int { return []int{25, 50, 75, 100} }

// surf puts the waves on a pool, each claim held for a while; it returns how long claims took
// when it is not nil.
func surf(p *Pool[*worker], rounds int, hold time.Duration, fail func(error)) (took []time.Duration) {
	var all sync.WaitGroup
	var mu sync.Mutex
	for range rounds {
		for _, n := range waves() {
			for range n {
				all.Go(func() {
					began := time.Now()
					c, err := p.Claim(context.Background())
					d := time.Since(began)
					if err != nil {
						fail(err)
						return
					}
					after(hold)
					c.Release()
					mu.Lock()
					defer mu.Unlock()
					took = append(took, d)
				})
			}
			after(100 * time.Millisecond)
		}
	}
	all.Wait()
	return took
}

// TestSourceLoad: under the source's waves, with its 10 prepared instances and its times (250
// ms to make one, 25 ms of work), at least 85 % of the claims are answered by an instance that
// was used before, and none is refused. A pool that keeps nothing is the control.
func TestSourceLoad(t *testing.T) {
	for _, c := range []struct {
		spare time.Duration
		good  bool
	}{{0, true}, {time.Nanosecond, false}} {
		f := &factory{takes: 250 * time.Millisecond}
		pool(t, f, Config[*worker]{Target: 10, Max: 300, SpareFor: c.spare}, func(p *Pool[*worker]) {
			after(3 * time.Second)
			surf(p, 10, 25*time.Millisecond, func(err error) { t.Error(err) })
			s := p.Stats()
			t.Logf("reuse %.1f %%: %+v", 100*s.Reuse(), s)
			if (s.Reuse() >= 0.85) != c.good {
				t.Errorf("spare for %v: reuse %.2f", c.spare, s.Reuse())
			}
		})
	}
}

// reader is an instance that is dear to make: it compiles what it reads with.
type reader struct{ patterns []*regexp.Regexp }

func newReader() *reader {
	r := &reader{}
	for i := range 300 {
		r.patterns = append(r.patterns, regexp.MustCompile(fmt.Sprintf(`(?i)\b(agent|node)-%d[a-z]{2,8}(\d+|[^aeiou]*)$`, i)))
	}
	return r
}

// p99 returns the time that 99 % of these do not exceed.
func p99(took []time.Duration) time.Duration {
	slices.Sort(took)
	return took[(len(took)-1)*99/100]
}

// BenchmarkClaim is what a claim takes when an instance is ready, and when it has to be made,
// in one run and of one type.
func BenchmarkClaim(b *testing.B) {
	make := func(context.Context) (*reader, error) { return newReader(), nil }
	p := New(Config[*reader]{Target: 4, Max: 64, Make: make, Reset: func(context.Context, *reader) error { return nil }})
	cold := New(Config[*reader]{Max: 64, Make: make, Reset: func(context.Context, *reader) error { return nil }})
	var ready, made []time.Duration
	for range b.N {
		for p.Stats().Ready == 0 {
			after(time.Millisecond)
		}
		began := time.Now()
		c, err := p.Claim(b.Context())
		ready = append(ready, time.Since(began))
		if err != nil {
			b.Fatal(err)
		}
		c.Release()
		began = time.Now()
		if c, err = cold.Claim(b.Context()); err != nil {
			b.Fatal(err)
		}
		made = append(made, time.Since(began))
		c.Discard()
	}
	if s, c := p.Stats(), cold.Stats(); s.Cold > 0 || c.Hits > 0 {
		b.Fatalf("%+v, %+v", s, c)
	}
	b.ReportMetric(float64(p99(ready).Nanoseconds())/1e3, "p99-ready-µs")
	b.ReportMetric(float64(p99(made).Nanoseconds())/1e3, "p99-cold-µs")
	b.ReportMetric(float64(made[len(made)/2])/float64(ready[len(ready)/2]), "cold/ready-p50")
	b.ReportMetric(float64(made[0])/float64(p99(ready)), "fastest-cold/p99-ready")
	for _, p := range []*Pool[*reader]{p, cold} {
		if err := p.Close(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSourceLoad is the load of TestSourceLoad in real time: three rounds for each b.N.
func BenchmarkSourceLoad(b *testing.B) {
	f := &factory{takes: 250 * time.Millisecond}
	p := New(f.config(Config[*worker]{Target: 10, Max: 300}))
	after(time.Second)
	took := surf(p, 3*b.N, 25*time.Millisecond, func(err error) { b.Error(err) })
	s := p.Stats()
	b.ReportMetric(100*s.Reuse(), "%-reuse")
	b.ReportMetric(float64(s.Refused), "refused")
	b.ReportMetric(100*float64(s.Cold+s.Waited)/float64(len(took)), "%-cold")
	b.ReportMetric(float64(p99(took).Nanoseconds())/1e3, "p99-µs")
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1e3, "p50-µs")
	if err := p.Close(context.Background()); err != nil {
		b.Fatal(err)
	}
}
