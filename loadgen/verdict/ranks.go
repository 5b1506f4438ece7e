package verdict

import (
	"math"
	"slices"
)

// exactMax bounds for how many runs together the chance is counted out; beyond, a
// normal distribution stands for it.
const exactMax = 60

// Chance returns how likely runs as bad as worse, or worse, would come of the noise
// that both have: the one-sided rank-sum test (Wilcoxon 1945, Mann and Whitney 1947),
// counted over every way to deal the values out where there are not too many. More is
// worse. It makes no assumption about how noise is distributed.
func Chance(base, worse []float64) float64 {
	n, m := len(base), len(worse)
	if n == 0 || m == 0 {
		return 1
	}
	ranks := ranksOf(append(slices.Clone(base), worse...))
	var sum float64
	for _, rank := range ranks[n:] {
		sum += rank
	}
	if n+m <= exactMax {
		return exact(ranks, m, sum)
	}
	return normal(ranks, n, m, sum)
}

// ranksOf returns the rank of each value, from 1; equal values share the mean of theirs.
func ranksOf(values []float64) []float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	ranks := make([]float64, len(values))
	for i, v := range values {
		first, _ := slices.BinarySearch(sorted, v)
		last := first
		for last < len(sorted) && sorted[last] == v {
			last++
		}
		ranks[i] = float64(first+1+last) / 2
	}
	return ranks
}

// exact counts the choices of m ranks whose sum is at least sum, of all choices. Ranks
// are halves at most, so doubled they are whole.
func exact(ranks []float64, m int, sum float64) float64 {
	most := 0
	for _, rank := range ranks {
		most += int(2 * rank)
	}
	counts := make([][]float64, m+1) // by how many were chosen and what they sum to
	for k := range counts {
		counts[k] = make([]float64, most+1)
	}
	counts[0][0] = 1
	reach := 0 // what all ranks so far sum to
	for i, rank := range ranks {
		r := int(2 * rank)
		reach += r
		for k := min(i+1, m); k > 0; k-- {
			with, without := counts[k], counts[k-1]
			for at := reach; at >= r; at-- {
				with[at] += without[at-r]
			}
		}
	}
	var all, as float64
	for at, count := range counts[m] {
		all += count
		if at >= int(2*sum) {
			as += count
		}
	}
	return as / all
}

// normal is the chance by the normal distribution, corrected for ties and for steps.
func normal(ranks []float64, n, m int, sum float64) float64 {
	total := float64(n + m)
	mean := float64(m) * (total + 1) / 2
	var square float64
	for _, rank := range ranks {
		square += (rank - (total+1)/2) * (rank - (total+1)/2)
	}
	deviation := math.Sqrt(float64(n*m) / (total * (total - 1)) * square)
	if deviation == 0 {
		return 1
	}
	return math.Erfc((sum-mean-0.5)/deviation/math.Sqrt2) / 2
}

// leastChance is the smallest that Chance can be for so many runs: one way of all.
func leastChance(n, m int) float64 {
	least := 1.0
	for i := range m {
		least *= float64(i+1) / float64(n+i+1)
	}
	return least
}

// proven says which of some chances are too small to be noise, so that the chance of a
// single false alarm among all of them stays below most: Hochberg's procedure (1988),
// which for things that go wrong together is as sharp as for one alone.
func proven(chances []float64, most float64) []bool {
	sorted := slices.Clone(chances)
	slices.Sort(sorted)
	bound := -1.0
	for i, chance := range sorted {
		if chance <= most/float64(len(sorted)-i) {
			bound = chance
		}
	}
	out := make([]bool, len(chances))
	for i, chance := range chances {
		out[i] = chance <= bound
	}
	return out
}
