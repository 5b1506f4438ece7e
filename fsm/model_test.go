package fsm

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"roster"
)

// model says the rules a second time, with plain maps and no thought of speed.
type model struct {
	index    roster.Index
	agents   map[roster.AgentID]modelAgent
	sessions map[roster.SessionID]modelSession
	fences   map[roster.AgentID]roster.Epoch
	done     map[uint64]uint64
	answers  map[[2]uint64]string
}

type modelAgent struct {
	agent    roster.Agent
	health   roster.HealthState
	revision roster.Index
	epoch    roster.Epoch
}

type modelSession struct {
	home, ended bool
	generation  roster.Index
}

func newModel() *model {
	return &model{agents: map[roster.AgentID]modelAgent{}, sessions: map[roster.SessionID]modelSession{},
		fences: map[roster.AgentID]roster.Epoch{}, done: map[uint64]uint64{}, answers: map[[2]uint64]string{}}
}

func (a modelAgent) String() string {
	return fmt.Sprintf("%s %q %q %s %d %d", a.agent.ID, a.agent.Description, a.agent.Session, a.health, a.revision, a.epoch)
}

// told is what the model compares of a result.
func told(r roster.Result) string {
	switch v := r.Value.(type) {
	case roster.Change:
		x := v.Record
		return fmt.Sprintf("%d %s %v", r.Index, v.Outcome, modelAgent{x.Agent, x.Health.State, x.Revision, x.Epoch})
	case roster.Session:
		return fmt.Sprintf("%d session %v", r.Index, v.Ended)
	}
	return fmt.Sprintf("%d %s", r.Index, roster.CodeOf(r.Err))
}

func (m *model) apply(op roster.Op) string {
	m.index++
	r := op.Request
	if r == (roster.Request{}) {
		return m.answer(op)
	}
	m.done[r.Client] = max(m.done[r.Client], r.Done)
	if r.Seq <= m.done[r.Client] {
		return m.refusal(roster.CodeGone)
	}
	key := [2]uint64{r.Client, r.Seq}
	if _, repeated := m.answers[key]; !repeated {
		m.answers[key] = m.answer(op)
	}
	return m.answers[key]
}

func (m *model) refusal(code roster.Code) string { return fmt.Sprintf("%d %s", m.index, code) }

func (m *model) answer(op roster.Op) string {
	if op.Actor != (roster.Actor{}) && !m.raise(op.Actor.Agent, op.Actor.Epoch) {
		return m.refusal(roster.CodeConflict)
	}
	switch c := op.Command.(type) {
	case roster.Register:
		return m.register(c)
	case roster.Update:
		return m.change(c.ID, c.IfMatch, func(a *modelAgent) { a.agent.Description = *c.Description })
	case roster.SetHealth:
		return m.change(c.ID, 0, func(a *modelAgent) { a.health = c.Health.State })
	case roster.Deregister:
		a, there := m.agents[c.ID]
		if code := m.wanted(there, a, c.IfMatch); code != "" {
			return m.refusal(code)
		}
		m.remove(c.ID)
		return fmt.Sprintf("%d removed %v", m.index, a)
	case roster.Fence:
		if !m.raise(c.Agent, c.Epoch) {
			return m.refusal(roster.CodeConflict)
		}
		return m.refusal("")
	case roster.OpenSession:
		return m.open(c)
	case roster.EndSession:
		return m.end(c)
	}
	return "unknown"
}

func (m *model) raise(id roster.AgentID, epoch roster.Epoch) bool {
	if epoch < max(m.fences[id], m.agents[id].epoch) {
		return false
	}
	m.fences[id] = epoch
	return true
}

func (m *model) remove(id roster.AgentID) {
	delete(m.agents, id)
	if _, acted := m.fences[id]; acted {
		m.fences[id] = max(m.fences[id], roster.Epoch(m.index))
	}
}

func (m *model) wanted(there bool, a modelAgent, revision roster.Index) roster.Code {
	switch {
	case !there:
		return roster.CodeNotFound
	case revision != 0 && revision != a.revision:
		return roster.CodeStale
	}
	return ""
}

func (m *model) change(id roster.AgentID, revision roster.Index, change func(*modelAgent)) string {
	a, there := m.agents[id]
	if code := m.wanted(there, a, revision); code != "" {
		return m.refusal(code)
	}
	before := a.String()
	change(&a)
	if a.String() == before {
		return fmt.Sprintf("%d unchanged %v", m.index, a)
	}
	a.revision = m.index
	m.agents[id] = a
	return fmt.Sprintf("%d updated %v", m.index, a)
}

func (m *model) register(c roster.Register) string {
	id, a := c.Agent.ID, c.Agent.Canonical()
	old, there := m.agents[id]
	same := there && old.agent.SameContent(a) && old.agent.Session == a.Session
	switch {
	case m.sessions[a.Session].ended:
		return m.refusal(roster.CodeGone)
	case c.IfMatch != 0 && (!there || old.revision != c.IfMatch), there && c.IfAbsent && c.Mode == roster.ModePut:
		return m.refusal(roster.CodeStale)
	case !there:
		m.agents[id] = modelAgent{a, roster.Passing, m.index, roster.Epoch(m.index)}
		return fmt.Sprintf("%d created %v", m.index, m.agents[id])
	case old.agent.Session != "" && old.agent.Session != a.Session:
		return m.refusal(roster.CodeConflict)
	case c.Mode == roster.ModeCreate && (!same || a.Session == ""):
		return m.refusal(roster.CodeConflict)
	case same:
		return fmt.Sprintf("%d unchanged %v", m.index, old)
	}
	next := modelAgent{a, old.health, m.index, old.epoch}
	if a.Session != old.agent.Session {
		next.health, next.epoch = roster.Passing, roster.Epoch(m.index)
	}
	m.agents[id] = next
	return fmt.Sprintf("%d updated %v", m.index, next)
}

func (m *model) open(c roster.OpenSession) string {
	s, known := m.sessions[c.ID]
	switch {
	case known && s.ended:
		return m.refusal(roster.CodeGone)
	case known:
		return m.refusal(roster.CodeConflict)
	}
	m.sessions[c.ID] = modelSession{home: true, generation: m.index}
	return fmt.Sprintf("%d session false", m.index)
}

func (m *model) end(c roster.EndSession) string {
	s, known := m.sessions[c.ID]
	switch {
	case known && s.home && c.If != 0 && c.If != s.generation:
		return m.refusal(roster.CodeConflict)
	case !known && c.Shard == 0:
		return m.refusal(roster.CodeNotFound)
	}
	s.ended = true
	m.sessions[c.ID] = s
	for _, id := range slices.Sorted(maps.Keys(m.agents)) {
		a := m.agents[id]
		switch {
		case a.agent.Session != c.ID:
		case a.agent.OnEnd == roster.OnEndDeregister:
			m.remove(id)
		default:
			a.agent.Session, a.health, a.revision = "", roster.Critical, m.index
			m.agents[id] = a
		}
	}
	return fmt.Sprintf("%d session true", m.index)
}

// disagreement runs a log on machine and model and says where they first differ. The
// machine gets what tamper makes of an entry.
func disagreement(log []roster.Entry, tamper func(roster.Entry) roster.Entry) error {
	m, want := New(1), newModel()
	for _, e := range log {
		results := m.Apply(tamper(e))
		for i, op := range e.Ops {
			if got, want := told(results[i]), want.apply(op); got != want {
				return fmt.Errorf("%+v: the machine says %q, the model %q", op, got, want)
			}
		}
		if m.View().Agents() != len(want.agents) {
			return fmt.Errorf("%d agents, the model has %d", m.View().Agents(), len(want.agents))
		}
		for id, a := range want.agents {
			r, ok := m.Lookup(id)
			if !ok || (modelAgent{r.Agent, r.Health.State, r.Revision, r.Epoch}).String() != a.String() {
				return fmt.Errorf("%s is %+v, the model has %v", id, r, a)
			}
		}
	}
	return nil
}

func untouched(e roster.Entry) roster.Entry { return e }

func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if err := disagreement(genLog.Draw(t, "log"), untouched); err != nil {
			t.Fatal(err)
		}
	})
}

// The model must be able to tell: machines that leave a rule out are found.
func TestModelFindsBrokenMachines(t *testing.T) {
	for name, broken := range map[string]func(roster.Op) roster.Op{
		"no memory of requests": func(op roster.Op) roster.Op { op.Request = roster.Request{}; return op },
		"no fence":              func(op roster.Op) roster.Op { op.Actor = roster.Actor{}; return op },
		"done is not kept":      func(op roster.Op) roster.Op { op.Request.Done = 0; return op },
		"no If-Match": func(op roster.Op) roster.Op {
			if c, ok := op.Command.(roster.Register); ok {
				c.IfMatch = 0
				op.Command = c
			}
			return op
		},
	} {
		tamper := func(e roster.Entry) roster.Entry {
			e.Ops = slices.Clone(e.Ops)
			for i := range e.Ops {
				e.Ops[i] = broken(e.Ops[i])
			}
			return e
		}
		found := false
		for seed := range 300 {
			found = found || disagreement(genLog.Example(seed), tamper) != nil
		}
		if !found {
			t.Errorf("%s: 300 logs did not show it", name)
		}
	}
}
