package query

import (
	"regexp"
	"regexp/syntax"
)

// patternBytesMax bounds one pattern. A short pattern can still compile to a large
// program (.{999}), and matching costs text times program, for every record that is
// looked at. So patternStepsMax bounds, over one filter, about how many instructions
// all patterns come to: the longest metadata value then takes fractions of a second
// even with the worst of them.
const (
	patternBytesMax = 256
	patternStepsMax = 512
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
	parts := 0
	for _, sub := range re.Sub {
		parts += steps(sub)
	}
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune)
	case syntax.OpRepeat:
		return parts * max(1, re.Min, re.Max)
	}
	return 1 + parts + len(re.Rune)/rangesPerStep
}
