package fsm

import (
	"strings"

	"roster"
	"roster/fsm/codec"
	"roster/fsm/fences"
)

const (
	// FencesMax bounds the agents whose epochs a shard remembers.
	FencesMax = 1 << 20
	// FenceKeep is how long, in log time, an epoch is remembered after the agent last
	// acted or was fenced here; while it is registered here, for ever.
	FenceKeep = roster.EndedKeep
)

// admit refuses an act under an old epoch and remembers the epoch of any other.
func (m *Machine) admit(a roster.Actor) error {
	if a == (roster.Actor{}) {
		return nil
	}
	return m.raise(roster.Fence{Agent: a.Agent, Epoch: a.Epoch})
}

// raise remembers an epoch, or refuses one that is lower than what is known.
func (m *Machine) raise(c roster.Fence) error {
	if err := c.Agent.Validate(); err != nil {
		return err
	}
	highest, known := m.fences.Get(c.Agent, m.now)
	if r, ok := m.Lookup(c.Agent); ok {
		highest = max(highest, r.Epoch)
	}
	switch {
	case c.Epoch < highest:
		return refuse(roster.CodeConflict, "%s acts under epoch %d, but lives under %d: it was replaced", c.Agent, c.Epoch, highest)
	case !known && m.fences.Len() >= FencesMax:
		return overloaded("this shard remembers the epochs of %d agents", FencesMax)
	}
	m.fences.Set(c.Agent, c.Epoch, m.now+FenceKeep)
	return nil
}

// outdate makes the epoch of a removed agent old, if it ever acted here: what comes
// after a removal draws a higher one.
func (m *Machine) outdate(id roster.AgentID) {
	if epoch, known := m.fences.Get(id, m.now); known {
		id = roster.AgentID(strings.Clone(string(id))) // cut from a record it would keep all of it
		m.fences.Set(id, max(epoch, roster.Epoch(m.index)), m.now+FenceKeep)
	}
}

// forgetFence drops the row whose time is over, or keeps it on while the agent is
// registered here.
func (m *Machine) forgetFence() bool {
	return m.fences.Due(m.now, m.now+FenceKeep, func(id roster.AgentID) bool { _, ok := m.Lookup(id); return ok })
}

// fenceSection is the fences as a section: every part gets every row, because which shard an
// agent acts in does not follow from its own key.
type fenceSection struct{ *fences.Table }

func (s fenceSection) tag() uint64                                                   { return tagFences }
func (s fenceSection) export(_ func(roster.Key) bool, put func(func(*codec.Writer))) { s.Export(put) }
func (s fenceSection) load(r *codec.Reader)                                          { s.Load(r) }
