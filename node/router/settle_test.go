package router

import (
	"testing"

	"roster"
)

// TestDoubtStays: a write that may have been executed is not called refused because a
// later try was.
func TestDoubtStays(t *testing.T) {
	fault := func(code roster.Code) Outcome { return Outcome{err: roster.Errorf(code, "on the way")} }
	rules := func(code roster.Code) Outcome {
		return Outcome{Result: roster.Result{Index: 7, Err: roster.Errorf(code, "by the rules")}}
	}
	ops := encoded(t, roster.Op{Request: roster.Request{Client: 1, Seq: 1}, Command: roster.Tick{}})
	for name, c := range map[string]struct {
		before, answer Outcome
		want           roster.Code
		open           bool
	}{
		"a full queue, first":       {fault(roster.CodeUnavailable), fault(roster.CodeOverloaded), roster.CodeOverloaded, false},
		"a full queue, in doubt":    {fault(roster.CodeUnknown), fault(roster.CodeOverloaded), roster.CodeUnknown, true},
		"a full table, in doubt":    {fault(roster.CodeUnknown), rules(roster.CodeOverloaded), roster.CodeUnknown, true},
		"nobody leads, in doubt":    {fault(roster.CodeUnknown), fault(roster.CodeMoved), roster.CodeUnknown, true},
		"not understood, in doubt":  {fault(roster.CodeUnknown), fault(roster.CodeInternal), roster.CodeUnknown, false},
		"the rules say no in doubt": {fault(roster.CodeUnknown), rules(roster.CodeConflict), roster.CodeConflict, false},
		"done, in doubt":            {fault(roster.CodeUnknown), Outcome{Result: roster.Result{Index: 7}}, "", false},
	} {
		outcomes := []Outcome{c.before}
		open := settle(outcomes, []int{0}, ops, []Outcome{c.answer})
		if got := roster.CodeOf(outcomes[0].Refusal()); got != c.want || len(open) == 1 != c.open {
			t.Errorf("%s: %q, open %v; want %q, %v", name, got, open, c.want, c.open)
		}
	}
}
