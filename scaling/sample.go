package scaling

import "time"

// Sample is what a fleet is seen to do at one moment. All sums are over the members that
// report.
type Sample struct {
	Count     int // members that are wanted
	Running   int // members that run
	Reporting int // those whose nodes have answered
	Silent    int // nodes that run members and have not answered
	Waiting   int // messages that wait
	// Oldest is how long the oldest message of each member has waited, in sum: the mean of a
	// member is what a message waits now.
	Oldest time.Duration
	// Busy is what share of their time members worked in the Span before, in percent, in sum.
	// Anything at all is at least 1. Span 0: it is how it was at that moment alone.
	Busy int
	Span time.Duration
	// Held is one more than the highest number of a member that has messages, handed out to
	// it or not: those above have nothing to lose.
	Held int
}

// all is a sum over the members that report, made one over all that run.
func (s *Sample) all(sum int) int { return ceil(sum*max(s.Running, s.Reporting), s.Reporting) }

// quiet reports whether no member has anything to do, for sure.
func (s *Sample) quiet() bool {
	return s.Silent == 0 && s.Waiting == 0 && s.Busy == 0 && s.Held == 0
}

// hot reports whether members work nearly all of their time.
func (s *Sample) hot() bool { return s.Reporting > 0 && s.Busy >= Hot*s.Reporting }

func ceil(a, b int) int { return (a + b - 1) / b }
