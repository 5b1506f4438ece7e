package fsm

import "roster"

// sessionEnded is the reason that a critical agent shows.
const sessionEnded = "session ended"

// drain ends the agents of an ended session as far as the entry's budget goes; the
// rest follows with the next entries.
func (m *Machine) drain(id roster.SessionID) {
	if _, holds := m.agents.held(id); holds {
		m.sessions.draining.Set(id, struct{}{})
	}
	for m.turn.budget > 0 && m.drainFrom(id) {
		m.turn.budget--
	}
}

// drainOne ends one agent of some ended session.
func (m *Machine) drainOne() bool {
	id, _, ok := m.sessions.draining.Min()
	return ok && m.drainFrom(id)
}

// drainFrom ends one agent of a session.
func (m *Machine) drainFrom(id roster.SessionID) bool {
	agent, ok := m.agents.held(id)
	if !ok {
		return false
	}
	r, _ := m.Lookup(agent)
	m.endAgent(r)
	return true
}

// endAgent does to an agent what it asked for when its session ends. A session that
// holds no more is drained: that must follow from the records alone, or a replica that
// was restored would spend its budget differently.
func (m *Machine) endAgent(r *roster.Record) {
	if r.OnEnd == roster.OnEndDeregister {
		m.remove(r)
	} else {
		next := *r
		next.Session, next.Owner = "", ownerOf("")
		next.Health = roster.Health{State: roster.Critical, Reason: sessionEnded}
		next.Revision, next.UpdatedAt = m.index, m.turn.wall
		m.store(r, &next, false)
	}
	if _, more := m.agents.held(r.Session); !more {
		m.sessions.draining.Delete(r.Session)
	}
}

// forgetSession forgets an ended session whose time is over, unless it still holds
// agents: then they go first.
func (m *Machine) forgetSession() bool {
	id, ok := m.sessions.order.Due(m.now)
	if !ok {
		return false
	}
	s, _ := m.sessions.byID.Get(id)
	if _, holds := m.agents.held(id); holds {
		s.until = m.now + roster.EndedKeep
		m.sessions.set(s)
		return true
	}
	m.sessions.byID.Delete(id)
	return true
}

// redrain finds, in a state that was loaded, the ended sessions that still hold
// agents.
func (s *state) redrain() {
	var last roster.SessionID
	s.agents.holds.Scan(func(h hold) bool {
		if h.session != last {
			if x, ok := s.sessions.byID.Get(h.session); ok && x.Ended {
				s.sessions.draining.Set(h.session, struct{}{})
			}
			last = h.session
		}
		return true
	})
}
