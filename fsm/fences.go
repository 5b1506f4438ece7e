package fsm

import (
	"strings"

	"github.com/tidwall/btree"

	"roster"
	"roster/fsm/aging"
	"roster/fsm/codec"
)

const (
	// FencesMax bounds the agents whose epochs a shard remembers.
	FencesMax = 1 << 20
	// FenceKeep is how long, in log time, an epoch is remembered after the agent last
	// acted or was fenced here; while it is registered here, for ever.
	FenceKeep = roster.EndedKeep
)

// fences holds the highest epoch seen of each agent that acted in this shard.
type fences struct {
	rows  *btree.Map[roster.AgentID, fence]
	order aging.Order[roster.AgentID]
}

type fence struct {
	epoch roster.Epoch
	until roster.LogTime
}

func newFences() fences {
	return fences{btree.NewMap[roster.AgentID, fence](0), aging.New[roster.AgentID]()}
}

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
	row, known := m.fences.row(c.Agent, m.now)
	highest := row.epoch
	if r, ok := m.Lookup(c.Agent); ok {
		highest = max(highest, r.Epoch)
	}
	switch {
	case c.Epoch < highest:
		return refuse(roster.CodeConflict, "%s acts under epoch %d, but lives under %d: it was replaced", c.Agent, c.Epoch, highest)
	case !known && m.fences.rows.Len() >= FencesMax:
		return overloaded("this shard remembers the epochs of %d agents", FencesMax)
	}
	m.fences.set(c.Agent, fence{c.Epoch, m.now + FenceKeep})
	return nil
}

// outdate makes the epoch of a removed agent old, if it ever acted here: what comes
// after a removal draws a higher one.
func (m *Machine) outdate(id roster.AgentID) {
	if row, known := m.fences.row(id, m.now); known {
		id = roster.AgentID(strings.Clone(string(id))) // cut from a record it would keep all of it
		m.fences.set(id, fence{max(row.epoch, roster.Epoch(m.index)), m.now + FenceKeep})
	}
}

// row returns what is known of an agent, unless its time is over.
func (f *fences) row(id roster.AgentID, now roster.LogTime) (fence, bool) {
	row, ok := f.rows.Get(id)
	if !ok || row.until <= now {
		return fence{}, false
	}
	return row, true
}

func (f *fences) set(id roster.AgentID, row fence) {
	if old, ok := f.rows.Set(id, row); ok {
		f.order.Drop(id, old.until)
	}
	f.order.Set(id, row.until)
}

// forgetFence drops the row whose time is over, or keeps it on while the agent is
// registered here.
func (m *Machine) forgetFence() bool {
	id, ok := m.fences.order.Due(m.now)
	if !ok {
		return false
	}
	row, _ := m.fences.rows.Get(id)
	if _, registered := m.Lookup(id); registered {
		row.until = m.now + FenceKeep
		m.fences.set(id, row)
		return true
	}
	m.fences.rows.Delete(id)
	return true
}

func (f *fences) tag() uint64 { return tagFences }

// export writes every row to every part: which shard an agent acts in does not
// follow from its own key.
func (f *fences) export(_ func(roster.Key) bool, put func(func(*codec.Writer))) {
	f.rows.Scan(func(id roster.AgentID, row fence) bool {
		put(func(w *codec.Writer) {
			w.Array(3)
			w.Text(string(id))
			w.Uint(uint64(row.epoch))
			w.Int(int64(row.until))
		})
		return true
	})
}

func (f *fences) load(r *codec.Reader) {
	r.Array(3)
	id := roster.AgentID(r.Text())
	row := fence{roster.Epoch(r.Uint()), roster.LogTime(r.Int())}
	if old, known := f.rows.Get(id); known {
		row = fence{max(row.epoch, old.epoch), max(row.until, old.until)}
	}
	f.set(id, row)
}
