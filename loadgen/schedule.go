package loadgen

import (
	"iter"
	"math"
	"math/rand/v2"
	"time"
)

// Arrival is one operation that is meant to be sent.
type Arrival struct {
	At time.Duration // since the load began
	Op string        // which kind; "": by weight
}

// Schedule yields arrivals in the order of their times. It may be endless; the load
// ends it.
type Schedule = iter.Seq[Arrival]

// Steady yields evenly spaced arrivals, rate a second.
func Steady(rate float64) Schedule {
	return func(yield func(Arrival) bool) {
		for n := 0; yield(Arrival{At: seconds(float64(n) / rate)}); n++ {
		}
	}
}

// Poisson yields arrivals of independent users, rate a second on average.
func Poisson(rate float64, seed uint64) Schedule {
	return func(yield func(Arrival) bool) {
		r := rand.New(rand.NewPCG(seed, mix(seed)))
		for at := 0.0; yield(Arrival{At: seconds(at)}); {
			at += r.ExpFloat64() / rate
		}
	}
}

// curveStep is how far Curve looks ahead where the rate is zero.
const curveStep = 10 * time.Millisecond

// Curve yields arrivals at a rate that changes: so many a second at each moment.
func Curve(rate func(at time.Duration) float64) Schedule {
	return func(yield func(Arrival) bool) {
		for at := time.Duration(0); at < math.MaxInt64/2; {
			now := rate(at)
			if now <= 0 {
				at += curveStep
				continue
			}
			if !yield(Arrival{At: at}) {
				return
			}
			at += max(1, seconds(1/now))
		}
	}
}

// Burst is so many operations of one kind at the same moment.
type Burst struct {
	Op   string
	Size int
}

// Bursts yields the bursts in turn, again and again, one each time every has passed.
func Bursts(every time.Duration, bursts ...Burst) Schedule {
	return func(yield func(Arrival) bool) {
		for n := 0; len(bursts) > 0; n++ {
			burst := bursts[n%len(bursts)]
			for range burst.Size {
				if !yield(Arrival{At: time.Duration(n) * every, Op: burst.Op}) {
					return
				}
			}
		}
	}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
