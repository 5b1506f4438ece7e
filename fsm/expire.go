package fsm

import "roster"

// expire lets run out what is due, at most what is left of the entry's budget. What
// remains is due at once with the next entry.
func (m *Machine) expire() {
	for _, one := range []func() bool{m.drainOne, m.expireNode, m.forgetClient, m.forgetSession, m.forgetFence} {
		for m.turn.budget > 0 && one() {
			m.turn.budget--
		}
	}
}

// nextDeadline returns the earliest log time at which something runs out.
func (s *state) nextDeadline() (at roster.LogTime, pending bool) {
	offer := func(t roster.LogTime) {
		if !pending || t < at {
			at, pending = t, true
		}
	}
	if s.sessions.draining.Len() > 0 {
		offer(s.now)
	}
	if first, ok := s.nodes.order.next(); ok {
		offer(first.at)
	}
	if first, ok := s.requests.silent.next(); ok {
		offer(first.at)
	}
	if first, ok := s.sessions.order.next(); ok {
		offer(first.at)
	}
	if first, ok := s.fences.order.next(); ok {
		offer(first.at)
	}
	return at, pending
}
