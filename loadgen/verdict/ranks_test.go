package verdict

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestNormalStandsForExact holds that the two ways to find a chance agree where both
// can be gone, ties included.
func TestNormalStandsForExact(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for trial := range 200 {
		base, worse := make([]float64, 20), make([]float64, 25)
		for i := range base {
			base[i] = math.Round(10 * r.NormFloat64())
		}
		for i := range worse {
			worse[i] = math.Round(10*r.NormFloat64()) + float64(trial%10)
		}
		ranks := ranksOf(append(base, worse...))
		var sum float64
		for _, rank := range ranks[len(base):] {
			sum += rank
		}
		counted, estimated := exact(ranks, len(worse), sum), normal(ranks, len(base), len(worse), sum)
		if math.Abs(counted-estimated) > 0.01 {
			t.Errorf("trial %d: exact %v, normal %v", trial, counted, estimated)
		}
	}
}

func TestProven(t *testing.T) {
	for _, test := range []struct {
		chances []float64
		want    int
	}{
		{[]float64{0.02, 0.02, 0.02}, 3}, // all wrong together: each as if alone
		{[]float64{0.02, 0.5, 0.5}, 0},
		{[]float64{0.006, 0.5, 0.5}, 1},
		{nil, 0},
	} {
		got := 0
		for _, yes := range proven(test.chances, 0.02) {
			if yes {
				got++
			}
		}
		if got != test.want {
			t.Errorf("%v: %d proven, want %d", test.chances, got, test.want)
		}
	}
	if got := leastChance(3, 3); math.Abs(got-1.0/20) > 1e-12 {
		t.Errorf("least chance of 3 and 3 is %v, want 1/20", got)
	}
}
