package fsm

import (
	"roster"
	"roster/fleet"
	"roster/fsm/codec"
	"roster/fsm/fleets"
)

// changeFleets carries out a command about what is run, and what follows from it at once.
func (m *Machine) changeFleets(c roster.Command) roster.Result {
	if m.shard == roster.SystemShard {
		return roster.Result{Err: roster.Invalid("", "the system shard runs no agents")}
	}
	result := m.fleets.Apply(m.fleetTurn(), c)
	for result.Err == nil && m.turn.budget > 0 && m.muster() {
		m.turn.budget--
	}
	return result
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

// Fleets returns what is run, at the moment that v sees.
func (v *View) Fleets() fleets.View { return fleets.View{Table: &v.m.fleets, Roll: roll{v.m}} }

// fleetSection is what is run as a section. Snapshots of before have none.
type fleetSection struct{ *fleets.Table }

func (s fleetSection) tag() uint64 { return tagFleets }
func (s fleetSection) export(in func(roster.Key) bool, put func(func(*codec.Writer))) {
	s.Export(in, put)
}
func (s fleetSection) load(r *codec.Reader) { s.Load(r) }
