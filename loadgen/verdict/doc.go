// Package verdict holds the figures of one report against those of another and against
// a budget, and says what exceeds it.
//
// A budget names figures and limits: absolute ones ("lookup.p99: 50ms") bind the new
// report, relative ones ("lookup.p50: +15%") bind it to the base. Noise is reckoned
// with: a relative line is exceeded when the medians differ by more than half its limit
// and when chance would not make the difference: a rank-sum test over the runs of both,
// with a chance of at most [FalseAlarmMax] for all lines together. Half, because a
// regression of just the limit would else be missed every other time.
//
// What the caller owes: reports of the same profile with the same settings, repeated,
// and from the same machine in the same hour; alternating runs are best. A single run
// says nothing of noise: then the limit itself decides, and the answer says so.
package verdict
