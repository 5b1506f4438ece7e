package usage

import (
	"math"
	"slices"
)

// LeakMax is how many bytes one operation may leave behind before that is a leak.
const LeakMax = 1024

// Bounds of the estimate.
const (
	// growthOpsMin is how many operations an estimate needs: with fewer, logs, caches
	// and tables that are bounded still fill up, which looks like a leak.
	growthOpsMin    = 100_000
	growthPointsMin = 8   // fewer say nothing
	growthPointsMax = 400 // more are thinned: the estimate looks at every pair
	// settle is the part of the operations in which caches and buffers fill up.
	settle = 0.2
	// sure is how many standard deviations an interval reaches to each side: 98 %.
	sure = 2.326
)

// Mark is the live heap after so many operations.
type Mark struct {
	Operations float64
	Live       float64 // bytes
}

// Growth is by how much the live heap grows with each operation.
type Growth struct {
	PerOp  float64 `json:"bytes_per_op"`
	Low    float64 `json:"low"` // with a confidence of 98 % not less than this
	High   float64 `json:"high"`
	Points int     `json:"points"`
	// Operations is how many lie between the first point and the last.
	Operations float64 `json:"operations"`
}

// Told reports whether there was enough to say anything.
func (g Growth) Told() bool { return g.Points >= growthPointsMin && g.Operations >= growthOpsMin }

// Leak reports whether the growth is certainly more than LeakMax.
func (g Growth) Leak() bool { return g.Told() && g.Low > LeakMax }

// Flat reports whether it is certainly less.
func (g Growth) Flat() bool { return g.Told() && g.High < LeakMax }

// Verdict says in a word what the growth proves.
func (g Growth) Verdict() string {
	switch {
	case g.Leak():
		return "leak"
	case g.Flat():
		return "flat"
	}
	return "unproven"
}

// GrowthOf estimates the growth from marks in the order of their operations: the
// median of the slopes of all pairs of points (Theil 1950, Sen 1968), which a fifth of
// wild points does not move, with Sen's interval of confidence from Kendall's
// distribution. The first fifth of the operations is left out.
func GrowthOf(marks []Mark) Growth {
	marks = thinned(settled(marks))
	n := len(marks)
	if n < 2 {
		return Growth{Points: n}
	}
	slopes := make([]float64, 0, n*(n-1)/2)
	for i, a := range marks {
		for _, b := range marks[i+1:] {
			if b.Operations > a.Operations {
				slopes = append(slopes, (b.Live-a.Live)/(b.Operations-a.Operations))
			}
		}
	}
	if len(slopes) == 0 {
		return Growth{Points: n}
	}
	slices.Sort(slopes)
	pairs := float64(len(slopes))
	spread := sure * math.Sqrt(float64(n*(n-1)*(2*n+5))/18)
	at := func(rank float64) float64 { return slopes[min(max(int(rank), 0), len(slopes)-1)] }
	return Growth{PerOp: at(pairs / 2), Low: at((pairs - spread) / 2), High: at((pairs + spread) / 2), Points: n,
		Operations: marks[n-1].Operations - marks[0].Operations}
}

// settled leaves out what lies before the caches are full.
func settled(marks []Mark) []Mark {
	if len(marks) == 0 {
		return nil
	}
	first, last := marks[0].Operations, marks[len(marks)-1].Operations
	from := first + settle*(last-first)
	i := slices.IndexFunc(marks, func(m Mark) bool { return m.Operations >= from })
	return marks[max(i, 0):]
}

// thinned keeps at most growthPointsMax marks, evenly. Of each run it keeps the lowest,
// which holds the least garbage.
func thinned(marks []Mark) []Mark {
	if len(marks) <= growthPointsMax {
		return marks
	}
	out := make([]Mark, 0, growthPointsMax)
	for i := range growthPointsMax {
		run := marks[i*len(marks)/growthPointsMax : (i+1)*len(marks)/growthPointsMax]
		out = append(out, slices.MinFunc(run, func(a, b Mark) int { return int(math.Copysign(1, a.Live-b.Live)) }))
	}
	return out
}

// Marks joins what processes held alive with how many operations had been carried out
// at each moment, one mark for each moment at which all were heard and at least one
// had collected since the mark before.
func Marks(processes []Process, operations func(at float64) float64) []Mark {
	if len(processes) == 0 {
		return nil
	}
	var out []Mark
	var collected float64
	for _, s := range processes[0].Samples {
		var live, gcs float64
		heard := true
		for _, p := range processes {
			near, ok := nearest(p.Samples, s.At)
			heard = heard && ok
			live += near.Live
			gcs += near.GCs
		}
		if heard && gcs > collected {
			out = append(out, Mark{operations(s.At), live})
			collected = gcs
		}
	}
	return out
}

// nearest returns the newest sample up to a moment, if there is one.
func nearest(samples []Sample, at float64) (Sample, bool) {
	i, found := slices.BinarySearchFunc(samples, at, func(s Sample, at float64) int {
		switch {
		case s.At < at:
			return -1
		case s.At > at:
			return 1
		}
		return 0
	})
	if !found {
		i--
	}
	if i < 0 {
		if len(samples) > 0 && samples[0].At-at < 1 {
			return samples[0], true
		}
		return Sample{}, false
	}
	return samples[i], true
}
