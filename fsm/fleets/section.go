package fleets

import (
	"roster"
	"roster/fleet"
	"roster/fsm/codec"
)

// Capture returns the table as it is now, for export alone.
func (t *Table) Capture() Table { return Table{fleets: t.fleets.IsoCopy(), runs: t.runs.IsoCopy()} }

// ExportFleets puts the fleets of the keys that in accepts, by id.
func (t *Table) ExportFleets(in func(roster.Key) bool, put func(func(*codec.Writer))) {
	t.fleets.Scan(func(id fleet.ID, s fleet.State) bool {
		if in(id.Key()) {
			put(func(w *codec.Writer) { w.FleetState(&s) })
		}
		return true
	})
}

// ExportRuns puts the runs of the keys that in accepts, by id.
func (t *Table) ExportRuns(in func(roster.Key) bool, put func(func(*codec.Writer))) {
	t.runs.Scan(func(id roster.AgentID, run fleet.Run) bool {
		if in(id.Key()) {
			put(func(w *codec.Writer) { w.Run(id, &run) })
		}
		return true
	})
}

// LoadFleet takes in one fleet that ExportFleets wrote.
func (t *Table) LoadFleet(r *codec.Reader) {
	s := r.FleetState()
	if _, twice := t.fleets.Get(s.ID); twice {
		r.Fail("fleet %s is there twice", s.ID)
		return
	}
	if r.Err() == nil {
		t.put(s)
	}
}

// LoadRun takes in one run that ExportRuns wrote.
func (t *Table) LoadRun(r *codec.Reader) {
	id, run := r.Run()
	if _, twice := t.runs.Get(id); twice {
		r.Fail("the run of %s is there twice", id)
		return
	}
	if r.Err() == nil {
		t.keep(id, run)
	}
}
