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
		s.Members = v.count(id)
	}
	return s, ok
}

// count counts the members of a fleet by status; never nil.
func (v View) count(id fleet.ID) map[roster.Status]int {
	members := map[roster.Status]int{}
	v.Table.Members(id, func(agent roster.AgentID, _ fleet.Run) bool {
		if r, ok := v.Roll.Get(agent); ok {
			members[r.Status]++
		}
		return true
	})
	return members
}

// List returns the fleets of the namespaces that a pattern names, by id, their members
// counted; never nil.
func (v View) List(namespaces string) []fleet.State {
	out := []fleet.State{}
	for s := range v.Fleets {
		if roster.MatchNamespace(namespaces, s.ID.Namespace()) {
			s.Members = v.count(s.ID)
			out = append(out, s)
		}
	}
	return out
}

// Members walks the members of all fleets by id, each with its record.
func (v View) Members(yield func(*roster.Record, fleet.Run) bool) {
	v.Runs(func(id roster.AgentID, run fleet.Run) bool {
		r, ok := v.Roll.Get(id)
		return !ok || yield(r, run)
	})
}
