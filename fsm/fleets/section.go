package fleets

import (
	"roster"
	"roster/fleet"
	"roster/fsm/codec"
)

// The items of a snapshot: fleets first, then runs, then what members keep.
const (
	itemFleet = 0
	itemRun   = 1
	itemSaved = 2 // from level 4 on
)

// Capture returns the table as it is now, for Export alone.
func (t *Table) Capture() Table {
	return Table{fleets: t.fleets.IsoCopy(), runs: t.runs.IsoCopy(), saved: t.saved.IsoCopy()}
}

// Export puts the fleets, the runs and what is kept of the keys that in accepts, each by id.
func (t *Table) Export(in func(roster.Key) bool, put func(func(*codec.Writer))) {
	t.fleets.Scan(func(id fleet.ID, s fleet.State) bool {
		if in(id.Key()) {
			put(func(w *codec.Writer) {
				w.Array(2)
				w.Uint(itemFleet)
				w.FleetState(&s)
			})
		}
		return true
	})
	t.runs.Scan(func(id roster.AgentID, run fleet.Run) bool {
		if in(id.Key()) {
			put(func(w *codec.Writer) {
				w.Array(2)
				w.Uint(itemRun)
				w.Run(id, &run)
			})
		}
		return true
	})
	t.saved.Scan(func(id roster.AgentID, s fleet.Saved) bool {
		if in(id.Key()) {
			put(func(w *codec.Writer) {
				w.Array(2)
				w.Uint(itemSaved)
				w.Saved(&s)
			})
		}
		return true
	})
}

// Load takes in one item that Export wrote.
func (t *Table) Load(r *codec.Reader) {
	r.Array(2)
	switch item := r.Uint(); item {
	case itemFleet:
		t.loadFleet(r)
	case itemRun:
		t.loadRun(r)
	case itemSaved:
		t.loadSaved(r)
	default:
		r.Fail("an item %d of fleets: it was written by a newer version", item)
	}
}

func (t *Table) loadFleet(r *codec.Reader) {
	s := r.FleetState()
	if _, twice := t.fleets.Get(s.ID); twice {
		r.Fail("fleet %s is there twice", s.ID)
	} else if r.Err() == nil {
		t.put(s)
	}
}

func (t *Table) loadRun(r *codec.Reader) {
	id, run := r.Run()
	if _, twice := t.runs.Get(id); twice {
		r.Fail("the run of %s is there twice", id)
	} else if r.Err() == nil {
		t.keep(id, run)
	}
}
