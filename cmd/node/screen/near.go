package screen

import (
	"slices"
	"strings"
)

// Nearest returns the candidate that word was most likely meant to be, or "".
func Nearest(word string, candidates []string) string {
	best, most := "", max(2, len(strings.TrimLeft(word, "-"))/3)+1
	for _, candidate := range candidates {
		if d := distance(word, candidate); d < most {
			best, most = candidate, d
		}
		if best == "" && len(word) > 3 && strings.HasPrefix(candidate, word) {
			best = candidate
		}
	}
	return best
}

// distance is Levenshtein's: how many bytes to insert, delete or replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = slices.Min([]int{cost, row[j] + 1, row[j+1] + 1})
		}
	}
	return row[len(b)]
}

// Quote quotes what the user typed, made fit for a terminal.
func Quote(word string) string { return `"` + Clean(word, false) + `"` }
