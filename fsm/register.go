package fsm

import (
	"cmp"

	"roster"
)

// register enters an agent or replaces it. Without a mode it takes the careful one.
func (m *Machine) register(c roster.Register) (any, error) {
	c.Mode = cmp.Or(c.Mode, roster.ModeCreate)
	agent, err := m.acceptable(c)
	if err != nil {
		return nil, err
	}
	if err := m.free(agent.ID); err != nil {
		return nil, err
	}
	old, exists := m.present(agent.ID)
	if !exists {
		old = nil
	}
	if err := precondition(c, old); err != nil {
		return nil, err
	}
	switch {
	case old == nil:
		return m.create(agent, c.SecretHash)
	case old.Session != "" && old.Session != agent.Session:
		return nil, refuse(roster.CodeConflict, "%s is held by another session, %s", agent.ID, old.Session)
	case c.Mode == roster.ModePut:
		return m.put(old, agent, c.SecretHash), nil
	case agent.Session != "" && old.Session == agent.Session && old.SameContent(agent):
		return roster.Change{Outcome: roster.OutcomeUnchanged, Record: old}, nil
	}
	return nil, refuse(roster.CodeConflict, "%s is already on the roll, at revision %d", agent.ID, old.Revision)
}

// secretHashMax is SHA-256 in hexadecimal, the longest spelling of a hash.
const secretHashMax = 64

// acceptable returns the agent in its canonical form, or why it cannot be entered by
// anybody. The proposer looked already, but is not to be believed.
func (m *Machine) acceptable(c roster.Register) (roster.Agent, error) {
	if c.Mode != roster.ModeCreate && c.Mode != roster.ModePut {
		return roster.Agent{}, roster.Invalid("mode", "mode %q: want create or put", c.Mode)
	}
	if len(c.SecretHash) > secretHashMax {
		return roster.Agent{}, roster.Invalid("secret", "a hash of %d bytes; at most %d", len(c.SecretHash), secretHashMax)
	}
	agent := c.Agent.Canonical()
	agent.Secret = ""
	if err := agent.Validate(); err != nil {
		return roster.Agent{}, err
	}
	if agent.Session != "" && m.ended(agent.Session) {
		return roster.Agent{}, refuse(roster.CodeGone, "session %s has ended", agent.Session)
	}
	return agent, nil
}

// precondition checks IfMatch and IfAbsent against the present record; nil: none.
func precondition(c roster.Register, old *roster.Record) error {
	switch {
	case c.IfMatch != 0 && old == nil:
		return refuse(roster.CodeStale, "%s is not on the roll; revision %d was wanted", c.Agent.ID, c.IfMatch)
	case c.IfMatch != 0 && old.Revision != c.IfMatch:
		return refuse(roster.CodeStale, "%s has revision %d, not %d", c.Agent.ID, old.Revision, c.IfMatch)
	case c.IfAbsent && c.Mode == roster.ModePut && old != nil:
		return refuse(roster.CodeStale, "%s is already on the roll, at revision %d", c.Agent.ID, old.Revision)
	}
	return nil
}

// create enters a new agent.
func (m *Machine) create(agent roster.Agent, secretHash string) (any, error) {
	if m.agents.byID.Len() >= AgentsMax {
		return nil, overloaded("this shard holds %d agents", AgentsMax)
	}
	r := &roster.Record{
		Agent:      agent,
		Owner:      ownerOf(agent.Session),
		Status:     roster.StatusRegistered,
		Health:     roster.Health{State: roster.Passing},
		Epoch:      roster.Epoch(m.index),
		Revision:   m.index,
		Shard:      m.shard,
		CreatedAt:  m.turn.wall,
		UpdatedAt:  m.turn.wall,
		SecretHash: secretHash,
	}
	m.store(nil, r, true)
	return roster.Change{Outcome: roster.OutcomeCreated, Record: r}, nil
}

// put replaces what an agent says of itself. A session that takes it over begins a new
// epoch, in good health: whatever was known concerned the one before. Without a new
// secret the old one stays.
func (m *Machine) put(old *roster.Record, agent roster.Agent, secretHash string) roster.Change {
	next := *old
	next.Agent = agent
	if secretHash != "" {
		next.SecretHash = secretHash
	}
	if agent.Session != old.Session {
		next.Owner = ownerOf(agent.Session)
		next.Epoch = roster.Epoch(m.index)
		next.Health = roster.Health{State: roster.Passing}
	}
	return m.revise(old, &next)
}

func ownerOf(session roster.SessionID) roster.Owner {
	if session == "" {
		return roster.Owner{Kind: roster.OwnedByNobody}
	}
	return roster.Owner{Kind: roster.OwnedBySession, ID: string(session)}
}
