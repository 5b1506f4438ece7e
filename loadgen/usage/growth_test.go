package usage_test

import (
	"math/rand/v2"
	"testing"

	"roster/loadgen/usage"
)

// series is the live heap of a node over a million operations: 80 MB that fill up to
// 120 MB in the first tenth, noise of a twentieth, now and then a collection that came
// while a snapshot was held, and what leaks.
func series(seed uint64, points int, leak float64) []usage.Mark {
	r := rand.New(rand.NewPCG(seed, 1))
	marks := make([]usage.Mark, points)
	for i := range marks {
		done := 1e6 * float64(i) / float64(points-1)
		live := 80e6 + 40e6*min(done/1e5, 1)
		live *= 1 + 0.05*r.NormFloat64()
		if r.IntN(20) == 0 {
			live += 100e6
		}
		marks[i] = usage.Mark{Operations: done, Live: live + leak*done}
	}
	return marks
}

// TestPlantedLeakIsCaught holds that a leak of 1.5 KB an operation is found in every
// one of many noisy series, and that no flat one is called a leak.
func TestPlantedLeakIsCaught(t *testing.T) {
	for seed := range uint64(200) {
		points := 20 + int(seed)
		if g := usage.GrowthOf(series(seed, points, 1536)); !g.Leak() || g.Verdict() != "leak" {
			t.Errorf("seed %d: %+v: want the leak of 1536 to be caught", seed, g)
		}
		if g := usage.GrowthOf(series(seed, points, 0)); !g.Flat() || g.Verdict() != "flat" {
			t.Errorf("seed %d: %+v: want flat", seed, g)
		}
	}
}

func TestSmallGrowthIsMeasured(t *testing.T) {
	g := usage.GrowthOf(series(1, 400, 300))
	if g.PerOp < 270 || g.PerOp > 330 || g.Low > 300 || g.High < 300 || !g.Flat() {
		t.Errorf("%+v: want 300 bytes an operation, and less than the limit", g)
	}
}

func TestTooFewPointsProveNothing(t *testing.T) {
	for points := range 8 {
		var marks []usage.Mark
		for i := range points {
			marks = append(marks, usage.Mark{Operations: 1e6 * float64(i), Live: 1e12 * float64(i)})
		}
		if g := usage.GrowthOf(marks); g.Verdict() != "unproven" {
			t.Errorf("%d points: %+v: want unproven", points, g)
		}
	}
}

// TestFillingUpIsNoLeak holds that a short run, in which bounded buffers fill, is not
// called a leak.
func TestFillingUpIsNoLeak(t *testing.T) {
	var marks []usage.Mark
	for i := range 50 {
		marks = append(marks, usage.Mark{Operations: 100 * float64(i), Live: 300_000 * float64(i)})
	}
	if g := usage.GrowthOf(marks); g.Leak() || g.Verdict() != "unproven" {
		t.Errorf("%+v over 5 000 operations: want unproven", g)
	}
}

func TestMarksTakeOneACollection(t *testing.T) {
	a := usage.Process{Samples: []usage.Sample{{At: 1, GCs: 1, Live: 10}, {At: 2, GCs: 1, Live: 10}, {At: 3, GCs: 2, Live: 30}}}
	b := usage.Process{Samples: []usage.Sample{{At: 1.1, GCs: 5, Live: 100}, {At: 2.1, GCs: 5, Live: 100}, {At: 3.1, GCs: 6, Live: 200}}}
	got := usage.Marks([]usage.Process{a, b}, func(at float64) float64 { return 10 * at })
	want := []usage.Mark{{Operations: 10, Live: 110}, {Operations: 30, Live: 130}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("marks %v, want %v", got, want)
	}
}
