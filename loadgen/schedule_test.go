package loadgen_test

import (
	"testing"
	"time"

	"roster/loadgen"
)

// within returns the arrivals of the first while.
func within(s loadgen.Schedule, d time.Duration) []loadgen.Arrival {
	var out []loadgen.Arrival
	for a := range s {
		if a.At >= d {
			break
		}
		out = append(out, a)
	}
	return out
}

func TestSchedules(t *testing.T) {
	rise := func(at time.Duration) float64 { return 100 * at.Seconds() }
	for name, test := range map[string]struct {
		s        loadgen.Schedule
		low, top int
	}{
		"steady":  {loadgen.Steady(250), 2500, 2500},
		"poisson": {loadgen.Poisson(250, 1), 2350, 2650}, // three standard deviations
		"curve":   {loadgen.Curve(rise), 4900, 5100},     // the integral is 5000
		"bursts":  {loadgen.Bursts(time.Second/4, loadgen.Burst{Op: "a", Size: 25}, loadgen.Burst{Op: "b", Size: 75}), 2000, 2000},
	} {
		got := within(test.s, 10*time.Second)
		if len(got) < test.low || len(got) > test.top {
			t.Errorf("%s: %d arrivals in 10 s; want %d to %d", name, len(got), test.low, test.top)
		}
		for i := 1; i < len(got); i++ {
			if got[i].At < got[i-1].At {
				t.Fatalf("%s: arrival %d is before the one before it", name, i)
			}
		}
	}
}

func TestBurstsComeTogether(t *testing.T) {
	got := within(loadgen.Bursts(time.Second/4, loadgen.Burst{Op: "a", Size: 2}, loadgen.Burst{Op: "b", Size: 1}), time.Second)
	want := []loadgen.Arrival{{0, "a"}, {0, "a"}, {250e6, "b"}, {500e6, "a"}, {500e6, "a"}, {750e6, "b"}}
	if len(got) != len(want) {
		t.Fatalf("%v; want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("arrival %d is %v, want %v", i, got[i], want[i])
		}
	}
}
