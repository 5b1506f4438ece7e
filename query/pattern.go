package query

import (
	"regexp"
	"regexp/syntax"
)

// patternBytesMax bounds one pattern. A short pattern can still compile to a large
// program ((\pL{9}){99}), so patternStepsMax bounds, over one filter, about how many
// instructions all of them come to: matching costs text times steps.
const (
	patternBytesMax = 256
	patternStepsMax = 4000
)

// pattern compiles a regular expression that stands at byte at.
func (p *parser) pattern(source string, at int) (func(string) bool, error) {
	if len(source) > patternBytesMax {
		return nil, bad(at, "a pattern of %d bytes; at most %d", len(source), patternBytesMax)
	}
	tree, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return nil, bad(at, "pattern %s: %s", excerpt(source), err.Error())
	}
	if p.steps += steps(tree); p.steps > patternStepsMax {
		return nil, bad(at, "pattern %s: too large once its repetitions are written out; at most %d steps in one filter", excerpt(source), patternStepsMax)
	}
	re, err := regexp.Compile(source)
	if err != nil {
		return nil, bad(at, "pattern %s: %s", excerpt(source), err.Error())
	}
	return re.MatchString, nil
}

// steps estimates the size of the program for a pattern, before it is built.
func steps(re *syntax.Regexp) int {
	const rangesPerStep = 16 // a class such as \pL is one instruction with a table
	n := 1 + len(re.Rune)/rangesPerStep
	if re.Op == syntax.OpLiteral {
		n = len(re.Rune)
	}
	for _, sub := range re.Sub {
		n += steps(sub)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(1, re.Min, re.Max)
	}
	return n
}
