package fsm

import (
	"roster"
	"roster/fleet"
	"roster/fsm/codec"
	"roster/fsm/fleets"
)

// changeFleets carries out a command about what is run, and what follows from it at once.
func (m *Machine) changeFleets(c roster.Command) (any, error) {
	if m.shard == roster.SystemShard {
		return nil, roster.Invalid("", "the system shard runs no agents")
	}
	value, err := m.fleets.Apply(m.fleetTurn(), c)
	for err == nil && m.turn.budget > 0 && m.muster() {
		m.turn.budget--
	}
	return value, err
}

func (m *Machine) fleetTurn() fleets.Turn {
	return fleets.Turn{Shard: m.shard, Index: m.index, Now: m.now, Wall: m.turn.wall, Roll: roll{m}}
}

// muster enters or takes off one member of some fleet.
func (m *Machine) muster() bool { return m.fleets.Unsettled() && m.fleets.Muster(m.fleetTurn()) }

// placeAgain lets one member that failed be placed again.
func (m *Machine) placeAgain() bool { return m.fleets.Again(m.fleetTurn()) }

// roll is the agents as package fleets sees them.
type roll struct{ m *Machine }

func (r roll) Get(id roster.AgentID) (*roster.Record, bool) { return r.m.Lookup(id) }
func (r roll) Full() bool                                   { return r.m.agents.byID.Len() >= AgentsMax }
func (r roll) Store(old, next *roster.Record, said bool)    { r.m.store(old, next, said) }
func (r roll) Remove(old *roster.Record)                    { r.m.remove(old) }

// free refuses a change by hand of an agent that a fleet runs, or is to run.
func (m *Machine) free(id roster.AgentID) error {
	of, _, ok := fleet.Of(id)
	if !ok {
		return nil
	}
	if _, there := m.fleets.Fleet(of); there {
		return refuse(roster.CodeRefused, "%s belongs to fleet %s: change that", id, of)
	}
	return nil
}

// Fleet returns a fleet, its members counted.
func (v *View) Fleet(id fleet.ID) (fleet.State, bool) {
	s, ok := v.m.fleets.Fleet(id)
	if ok {
		s.Members = v.members(id)
	}
	return s, ok
}

// members counts the members of a fleet by status; never nil.
func (v *View) members(id fleet.ID) map[roster.Status]int {
	count := map[roster.Status]int{}
	v.m.fleets.Members(id, func(agent roster.AgentID, _ fleet.Run) bool {
		if r, ok := v.m.Lookup(agent); ok {
			count[r.Status]++
		}
		return true
	})
	return count
}

// Fleets returns the fleets of the namespaces that a pattern names, by id, their members
// counted.
func (v *View) Fleets(namespaces string) []fleet.State {
	out := []fleet.State{}
	for s := range v.m.fleets.Fleets {
		if roster.MatchNamespace(namespaces, s.ID.Namespace()) {
			s.Members = v.members(s.ID)
			out = append(out, s)
		}
	}
	return out
}

// Run returns what is known of a member beside its record.
func (v *View) Run(id roster.AgentID) (fleet.Run, bool) { return v.m.fleets.Run(id) }

// Runs walks the members of all fleets by id, each with its record.
func (v *View) Runs(yield func(*roster.Record, fleet.Run) bool) {
	v.m.fleets.Runs(func(id roster.AgentID, run fleet.Run) bool {
		r, ok := v.m.Lookup(id)
		return !ok || yield(r, run)
	})
}

// Spec returns the fleet of a member without counting its members.
func (v *View) Spec(id fleet.ID) (fleet.State, bool) { return v.m.fleets.Fleet(id) }

// fleetSection and runSection are what is run as sections. Snapshots of before have none.
type (
	fleetSection struct{ *fleets.Table }
	runSection   struct{ *fleets.Table }
)

func (s fleetSection) tag() uint64 { return tagFleets }
func (s runSection) tag() uint64   { return tagRuns }

func (s fleetSection) export(in func(roster.Key) bool, put func(func(*codec.Writer))) {
	s.ExportFleets(in, put)
}
func (s runSection) export(in func(roster.Key) bool, put func(func(*codec.Writer))) {
	s.ExportRuns(in, put)
}
func (s fleetSection) load(r *codec.Reader) { s.LoadFleet(r) }
func (s runSection) load(r *codec.Reader)   { s.LoadRun(r) }
