package fsm

import "roster"

// advance moves log time to at, but never back and never further than StampStepMax
// from where it stands: a leader with a broken clock costs at most that much an entry.
func (s *state) advance(at roster.LogTime) {
	s.now = max(s.now, min(at, s.now+roster.StampStepMax))
}
