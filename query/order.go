package query

import (
	"cmp"
	"strings"
)

// order compares as numbers when both are integers, otherwise as bytes. Integers
// may have any number of digits, since nothing is converted.
func order(a, b string) int {
	if !isInteger(a) || !isInteger(b) {
		return strings.Compare(a, b)
	}
	a, negativeA := magnitude(a)
	b, negativeB := magnitude(b)
	switch {
	case negativeA && negativeB:
		return orderDigits(b, a)
	case negativeA:
		return -1
	case negativeB:
		return 1
	}
	return orderDigits(a, b)
}

func isInteger(s string) bool {
	s = strings.TrimPrefix(s, "-")
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// magnitude returns the digits of an integer without sign and leading zeros; zero
// has none and is not negative.
func magnitude(s string) (digits string, negative bool) {
	digits = strings.TrimLeft(strings.TrimPrefix(s, "-"), "0")
	return digits, s[0] == '-' && digits != ""
}

func orderDigits(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}
