package check

import (
	"maps"
	"slices"
	"sync"

	"roster"
)

// acknowledgedMax bounds how many agents Acknowledged keeps. Writes of further agents
// are not looked at.
const acknowledgedMax = 1 << 18

// Acknowledged checks that no acknowledged write is lost.
type Acknowledged struct {
	notes
	state struct {
		sync.Mutex
		agents map[roster.AgentID]fact
	}
}

// fact is the newest that was acknowledged of one agent.
type fact struct {
	revision roster.Index // of the write, or of the command that removed
	removed  bool
	doubt    bool // a write was sent whose fate is not known
}

// NewAcknowledged returns a checker that knows of no write.
func NewAcknowledged() *Acknowledged {
	a := &Acknowledged{}
	a.state.agents = map[roster.AgentID]fact{}
	return a
}

// Wrote tells that a write was acknowledged as a revision of an agent.
func (a *Acknowledged) Wrote(id roster.AgentID, revision roster.Index) {
	a.learn(id, fact{revision: revision})
}

// Removed tells that a removal was acknowledged as the command of an index.
func (a *Acknowledged) Removed(id roster.AgentID, index roster.Index) {
	a.learn(id, fact{revision: index, removed: true})
}

// Doubt tells that a write of an agent may or may not have happened.
func (a *Acknowledged) Doubt(id roster.AgentID) { a.learn(id, fact{doubt: true}) }

// DoubtAll tells that every agent may be gone: what held them has ended.
func (a *Acknowledged) DoubtAll() {
	for _, id := range a.Agents() {
		a.Doubt(id)
	}
	a.noted("the session of the run ended, so that nothing that it held can be missed")
}

// Failed tells that a write ended with an error: a doubt where its fate is unknown.
func (a *Acknowledged) Failed(id roster.AgentID, err error) {
	switch roster.CodeOf(err) {
	case roster.CodeUnknown, roster.CodeInternal:
		a.Doubt(id)
	}
}

func (a *Acknowledged) learn(id roster.AgentID, f fact) {
	a.state.Lock()
	defer a.state.Unlock()
	old, known := a.state.agents[id]
	if !known && len(a.state.agents) >= acknowledgedMax {
		return
	}
	doubt := old.doubt || f.doubt
	if known && f.revision <= old.revision {
		f = old
	}
	f.doubt = doubt
	a.state.agents[id] = f
}

// Agents returns the agents that it knows of, in order.
func (a *Acknowledged) Agents() []roster.AgentID {
	a.state.Lock()
	defer a.state.Unlock()
	return slices.Sorted(maps.Keys(a.state.agents))
}

// Found tells what a linearizable read, after the load, showed of an agent: its
// revision, or zero when it is not there.
func (a *Acknowledged) Found(where string, id roster.AgentID, revision roster.Index) {
	a.state.Lock()
	f, known := a.state.agents[id]
	a.state.Unlock()
	if !known {
		return
	}
	a.checked(1)
	switch {
	case f.revision == 0, f.doubt && revision > f.revision, f.doubt && revision == 0:
	case f.removed && revision != 0:
		a.violated("%s: removed by %d, but %s has revision %d", id, f.revision, where, revision)
	case !f.removed && revision == 0:
		a.violated("%s: acknowledged as revision %d, but %s does not have it", id, f.revision, where)
	case !f.removed && revision < f.revision:
		a.violated("%s: acknowledged as revision %d, but %s has only %d", id, f.revision, where, revision)
	case !f.removed && revision > f.revision:
		a.violated("%s: last acknowledged as revision %d, but %s has %d, which nobody asked for", id, f.revision, where, revision)
	}
}

// Missed tells that the last read of an agent could not be had.
func (a *Acknowledged) Missed(id roster.AgentID, err error) {
	a.violated("%s: cannot be read after the load: %v", id, err)
}

// Verdict returns what was found so far.
func (a *Acknowledged) Verdict() Verdict { return a.verdict("acknowledged") }
