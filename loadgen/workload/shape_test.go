package workload

import (
	"math/rand/v2"
	"testing"
	"time"

	"roster/loadgen"
)

// perTenth counts the arrivals of a schedule in each tenth of a time.
func perTenth(s loadgen.Schedule, d time.Duration) [10]int {
	var out [10]int
	for a := range s {
		if a.At >= d {
			break
		}
		out[a.At*10/d]++
	}
	return out
}

func TestSpikeAndDay(t *testing.T) {
	p := plan{perSecond: 100, countFor: 100 * time.Second}
	spike := perTenth(p.spike(), p.countFor)
	for i, n := range spike {
		want := 1000
		if i == 4 || i == 5 {
			want = 10_000
		}
		if n < want*99/100 || n > want*101/100 {
			t.Errorf("tenth %d of a spike has %d arrivals, want %d", i, n, want)
		}
	}
	for hour, want := range map[float64]float64{3: 0.15, 10.5: 0.95, 14.5: 0.95, 17.5: 0.45, 23.9: 0.15} {
		if got := dayLevel(hour); got < want-0.05 || got > want+0.05 {
			t.Errorf("at %v h the day is at %.2f of its peak, want %.2f", hour, got, want)
		}
	}
}

// TestZipf holds that rank k comes 1/k as often as the first, and that an exponent of 0
// makes all alike.
func TestZipf(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	zipf, alike := newKeys(1000, 1), newKeys(1000, 0)
	var skewed, even [1000]float64
	for range 1_000_000 {
		skewed[zipf.draw(r)]++
		even[alike.draw(r)]++
	}
	for _, rank := range []int{2, 3, 10} {
		if got, want := skewed[0]/skewed[rank-1], float64(rank); got < 0.95*want || got > 1.05*want {
			t.Errorf("rank 1 came %.2f times as often as rank %d", got, rank)
		}
	}
	if even[0] > 1.2*even[500] || even[0] < 0.8*even[500] {
		t.Error("keys that should be alike are not")
	}
}

func TestAgentsAreOfUsualSize(t *testing.T) {
	for _, i := range []uint64{0, 17, 999_999} {
		a := agent("load-1", "agent", i)
		if n := a.Size(); n < 220 || n > 290 {
			t.Errorf("agent %d has %d bytes, want about 250", i, n)
		}
		if err := a.ID.Validate(); err != nil {
			t.Error(err)
		}
	}
}

func TestRampNarrows(t *testing.T) {
	const breaks = 1000
	low, high, rate, halvings, steps := 0.0, 0.0, 250.0, 0, 0
	for halvings < rampHalvings && steps < rampStepsMax {
		if rate < breaks {
			low = rate
		} else {
			high = rate
		}
		rate, halvings = next(low, high, rate, halvings)
		steps++
	}
	if low > breaks || low < 0.85*breaks || steps > 10 {
		t.Errorf("after %d steps the rate that held is %v, want just below %v", steps, low, breaks)
	}
	if rate, _ := next(0, 100, 100, 0); rate >= 100 {
		t.Error("a ramp that breaks at once must go down")
	}
}

func TestScaleMultiplies(t *testing.T) {
	p, err := planOf(Config{Profile: "stress", Scale: 10})
	if err != nil || p.perSecond != 10_000 || p.sessions != 1000 || p.population != 1000 {
		t.Errorf("%+v, %v; want 10 000 a second and 1 000 agents", p, err)
	}
	p, _ = planOf(Config{Profile: "stress", Scale: 10, Rate: 5, Agents: 7})
	if p.perSecond != 5 || p.population != 7 || p.sessions != 7 {
		t.Errorf("%+v; want what was asked for", p)
	}
}

func TestCumulative(t *testing.T) {
	at := cumulative([]loadgen.Row{{At: 1, Count: 10}, {At: 3, Count: 30, Errors: 10}})
	for when, want := range map[float64]float64{0: 0, 0.5: 5, 1: 10, 2: 30, 3: 50, 9: 50, -1: 0} {
		if got := at(when); got != want {
			t.Errorf("at %v: %v operations, want %v", when, got, want)
		}
	}
}
