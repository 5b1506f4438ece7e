package fsm

import "roster"

// expire lets run out what is due, at most what is left of the entry's budget. What
// remains is due at once with the next entry.
func (m *Machine) expire() {
	forgetToken := func() bool { return m.tokens.Forget(m.now) }
	for _, one := range []func() bool{m.drainOne, m.expireNode, m.forgetClient, m.forgetSession, m.forgetFence, forgetToken, m.placeAgain, m.muster} {
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
	if s.sessions.draining.Len() > 0 || s.fleets.Unsettled() {
		offer(s.now)
	}
	for _, next := range []func() (roster.LogTime, bool){s.nodes.order.Next, s.requests.silent.Next, s.sessions.order.Next, s.fences.Next, s.tokens.Next, s.fleets.Next} {
		if t, ok := next(); ok {
			offer(t)
		}
	}
	return at, pending
}
