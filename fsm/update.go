package fsm

import "roster"

// update merges a patch into an agent where it lives, so that two patches of
// different parts do not undo each other.
func (m *Machine) update(c roster.Update) (any, error) {
	old, err := m.matching(c.ID, c.IfMatch)
	if err != nil {
		return nil, err
	}
	if err := bounded(c); err != nil {
		return nil, err
	}
	next := *old
	next.Agent = merge(old.Agent, c).Canonical()
	if err := next.Agent.ValidateUpdate(c); err != nil {
		return nil, err
	}
	return m.revise(old, &next), nil
}

// bounded refuses a patch that is larger than any agent: merging costs time before
// the result can be looked at.
func bounded(c roster.Update) error {
	for _, p := range []struct {
		field string
		patch roster.MapPatch
		max   int
	}{{"labels", c.Labels, roster.LabelsMax}, {"metadata", c.Metadata, roster.MetadataMax}} {
		if n := max(len(p.patch.Set), len(p.patch.Delete)); n > p.max {
			return roster.Invalid(p.field, "a patch of %d entries; at most %d", n, p.max)
		}
		if !p.patch.Set.Sorted() {
			return roster.Invalid(p.field, "keys are not in order or not unique")
		}
	}
	return nil
}

// merge returns a with the parts that c names.
func merge(a roster.Agent, c roster.Update) roster.Agent {
	if c.Capabilities != nil {
		a.Capabilities = *c.Capabilities
	}
	if c.Endpoints != nil {
		a.Endpoints = *c.Endpoints
	}
	if c.Description != nil {
		a.Description = *c.Description
	}
	if c.OnEnd != nil {
		a.OnEnd = *c.OnEnd
	}
	a.Labels = patched(a.Labels, c.Labels)
	a.Metadata = patched(a.Metadata, c.Metadata)
	return a
}

// patched clears, then sets, then deletes.
func patched(m roster.Map, p roster.MapPatch) roster.Map {
	if p.Clear {
		m = roster.Map{}
	}
	if len(p.Set) > 0 {
		m = m.With(p.Set, nil)
	}
	if len(p.Delete) > 0 {
		m = m.With(nil, p.Delete)
	}
	return m
}
