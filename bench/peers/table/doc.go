// Package table keeps what was measured and says it: medians over repeats, ratios of
// Roster to each peer taken inside a repeat, and the limits of the machine, as text,
// JSON or Markdown.
//
// A ratio is the median of the ratios of single repeats, not the ratio of the medians:
// what disturbs one repeat then hits both sides of it.
package table
