package fleets

import (
	"roster"
	"roster/fleet"
)

// View is what is run at one moment.
type View struct {
	*Table
	Roll Roll
}

// Counted returns a fleet with its members counted.
func (v View) Counted(id fleet.ID) (fleet.State, bool) {
	s, ok := v.Fleet(id)
	if ok {
		v.count(&s)
	}
	return s, ok
}

// count counts the members of a fleet.
func (v View) count(s *fleet.State) {
	s.Members, s.Current = map[roster.Status]int{}, 0
	v.Table.Members(s.ID, func(agent roster.AgentID, run fleet.Run) bool {
		r, ok := v.Roll.Get(agent)
		if !ok {
			return true
		}
		s.Members[r.Status]++
		if r.Status == roster.StatusRunning && run.Generation == s.Generation {
			s.Current++
		}
		return true
	})
}

// List returns the fleets of the namespaces that a pattern names, by id, their members
// counted; never nil.
func (v View) List(namespaces string) []fleet.State {
	out := []fleet.State{}
	for s := range v.Fleets {
		if roster.MatchNamespace(namespaces, s.ID.Namespace()) {
			v.count(&s)
			out = append(out, s)
		}
	}
	return out
}

// Judged refuses to judge the health of a member that does not run: it is critical.
func (t *Table) Judged(r *roster.Record) error {
	if _, member := t.Run(r.ID); member && r.Status != roster.StatusRunning {
		return roster.Errorf(roster.CodeRefused, "%s is %s, and so critical", r.ID, r.Status)
	}
	return nil
}

// Members walks the members of all fleets by id, each with its record.
func (v View) Members(yield func(*roster.Record, fleet.Run) bool) {
	v.Runs(func(id roster.AgentID, run fleet.Run) bool {
		r, ok := v.Roll.Get(id)
		return !ok || yield(r, run)
	})
}
