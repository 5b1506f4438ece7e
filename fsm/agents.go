package fsm

import (
	"github.com/tidwall/btree"

	"roster"
	"roster/fsm/codec"
	"roster/fsm/index"
	"roster/fsm/keep"
	"roster/fsm/table"
)

// AgentsMax bounds the agents of one shard.
const AgentsMax = 1 << 22

// agents is the roll: records in id order, and what is derived from them.
type agents struct {
	byID  *btree.Map[roster.AgentID, index.Row]
	roll  *table.Roll
	index *index.Index
	holds *btree.BTreeG[hold] // which session keeps which agent
	keep  *keep.Keeper
}

type hold struct {
	session roster.SessionID
	agent   roster.AgentID
}

func newAgents(keeper *keep.Keeper) agents {
	return agents{
		byID:  btree.NewMap[roster.AgentID, index.Row](0),
		roll:  table.NewRoll(),
		index: index.New(),
		keep:  keeper,
		holds: btree.NewBTreeGOptions(func(a, b hold) bool {
			if a.session != b.session {
				return a.session < b.session
			}
			return a.agent < b.agent
		}, btree.Options{NoLocks: true}),
	}
}

// replace changes the roll from one record to the next; either may be nil. What r
// refers to may be part of something larger: it gets memory of its own. Unless said,
// the agent says the same of itself, in the same memory.
func (a *agents) replace(old, r *roster.Record, said bool) {
	keep, change := a.keep.Keep, a.index.Replace
	if !said {
		keep, change = a.keep.KeepLived, a.index.ReplaceLived
	}
	var ordinal uint32
	if r != nil {
		a.keep.Fit(a.byID.Len())
		keep(old, r)
		ordinal = a.roll.Put(r)
		a.byID.Set(r.ID, index.Row{Record: r, Ordinal: ordinal})
	} else {
		ordinal, _ = a.roll.Delete(old.ID)
		a.byID.Delete(old.ID)
	}
	change(ordinal, old, r)
	a.hold(old, r)
}

// hold notes which session keeps the agent.
func (a *agents) hold(old, r *roster.Record) {
	if old != nil && old.Session != "" {
		a.holds.Delete(hold{old.Session, old.ID})
	}
	if r != nil && r.Session != "" {
		a.holds.Set(hold{r.Session, r.ID})
	}
}

// held returns one agent that a session keeps.
func (a *agents) held(id roster.SessionID) (first roster.AgentID, ok bool) {
	a.holds.Ascend(hold{session: id}, func(h hold) bool {
		first, ok = h.agent, h.session == id
		return false
	})
	return first, ok
}

// store makes r the agent's record, for readers too, and says so; see replace for said.
func (m *Machine) store(old, r *roster.Record, said bool) {
	m.agents.replace(old, r, said)
	m.emit(roster.Event{Type: roster.EventAgent, Before: old, After: r})
}

// remove takes an agent off the roll.
func (m *Machine) remove(r *roster.Record) {
	m.agents.replace(r, nil, true)
	m.outdate(r.ID)
	m.emit(roster.Event{Type: roster.EventAgent, Before: r})
}

// present returns the record of an agent. An agent whose session has ended, but whose
// turn to go has not come, goes now.
func (m *Machine) present(id roster.AgentID) (*roster.Record, bool) {
	r, ok := m.Lookup(id)
	if ok && r.Session != "" && m.ended(r.Session) {
		m.endAgent(r)
		r, ok = m.Lookup(id)
	}
	return r, ok
}

// matching returns the record of an agent that must be there, under a revision unless
// that is zero.
func (m *Machine) matching(id roster.AgentID, revision roster.Index) (*roster.Record, error) {
	if err := id.Validate(); err != nil {
		return nil, err
	}
	r, ok := m.present(id)
	if !ok {
		return nil, refuse(roster.CodeNotFound, "%s is not on the roll", id)
	}
	if revision != 0 && revision != r.Revision {
		return nil, refuse(roster.CodeStale, "%s has revision %d, not %d", id, r.Revision, revision)
	}
	return r, nil
}

// deregister takes an agent off the roll.
func (m *Machine) deregister(c roster.Deregister) (any, error) {
	if err := m.free(c.ID); err != nil {
		return nil, err
	}
	r, err := m.matching(c.ID, c.IfMatch)
	if err != nil {
		return nil, err
	}
	m.remove(r)
	return roster.Change{Outcome: roster.OutcomeRemoved, Record: r}, nil
}

// setHealth reports how an agent is.
func (m *Machine) setHealth(c roster.SetHealth) (any, error) {
	if err := c.Health.Validate(); err != nil {
		return nil, err
	}
	r, err := m.matching(c.ID, 0)
	if err != nil {
		return nil, err
	}
	if err := m.fleets.Judged(r); err != nil {
		return nil, err
	}
	if r.Health == c.Health {
		return roster.Change{Outcome: roster.OutcomeUnchanged, Record: r}, nil
	}
	next := *r
	next.Health = c.Health
	next.Revision, next.UpdatedAt = m.index, m.turn.wall
	m.store(r, &next, false)
	return roster.Change{Outcome: roster.OutcomeUpdated, Record: &next}, nil
}

// revise stores next in place of old under a new revision, unless they say the same.
func (m *Machine) revise(old, next *roster.Record) roster.Change {
	if old.SameContent(next.Agent) && old.Session == next.Session && old.Health == next.Health && old.SecretHash == next.SecretHash {
		return roster.Change{Outcome: roster.OutcomeUnchanged, Record: old}
	}
	next.Revision, next.UpdatedAt = m.index, m.turn.wall
	m.store(old, next, true)
	return roster.Change{Outcome: roster.OutcomeUpdated, Record: next}
}

func (a *agents) tag() uint64 { return tagAgents }

func (a *agents) export(in func(roster.Key) bool, put func(func(*codec.Writer))) {
	a.byID.Scan(func(id roster.AgentID, row index.Row) bool {
		if in(id.Key()) {
			put(func(w *codec.Writer) { w.Record(row.Record) })
		}
		return true
	})
}

func (a *agents) load(r *codec.Reader) {
	record := r.Record()
	switch {
	case r.Err() != nil:
	case record == nil:
		r.Fail("no record where an agent belongs")
	default:
		if _, twice := a.roll.Get(record.ID); twice {
			r.Fail("agent %s is there twice", record.ID)
			return
		}
		a.replace(nil, record, true)
	}
}
