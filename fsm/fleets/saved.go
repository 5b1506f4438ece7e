package fleets

import (
	"bytes"

	"roster"
	"roster/fleet"
	"roster/fsm/codec"
)

// Saved returns what a member keeps.
func (t *Table) Saved(id roster.AgentID) (fleet.Saved, bool) { return t.saved.Get(id) }

// States walks what members keep by their ids.
func (t *Table) States(yield func(roster.AgentID, fleet.Saved) bool) { t.saved.Scan(yield) }

// save keeps what a member wants its next activation to know.
func (t *Table) save(at Turn, c fleet.Save) error {
	r, _, err := t.member(at, c.Agent, c.Epoch)
	switch {
	case err != nil:
		return err
	case c.Epoch == 0 || r.Node == "":
		return roster.Errorf(roster.CodeConflict, "%s runs nowhere: an activation alone keeps something", c.Agent)
	case len(c.State) > fleet.PackedMax:
		return &roster.Error{Code: roster.CodeTooLarge, Field: "state", Detail: fleet.StateTooLarge}
	case len(c.State) == 0:
		t.forget(c.Agent)
		return nil
	}
	old, _ := t.saved.Get(c.Agent)
	if t.kept-len(old.State)+len(c.State) > fleet.StatesMax {
		return roster.Errorf(roster.CodeOverloaded, "the members of this shard keep %d bytes already; at most %d", t.kept, fleet.StatesMax)
	}
	t.store(fleet.Saved{Agent: r.ID, Epoch: c.Epoch, Revision: at.Index, At: at.Wall, State: bytes.Clone(c.State)})
	return nil
}

func (t *Table) store(s fleet.Saved) {
	old, _ := t.saved.Set(s.Agent, s)
	t.kept += len(s.State) - len(old.State)
}

// forget drops what a member keeps.
func (t *Table) forget(id roster.AgentID) {
	old, _ := t.saved.Delete(id)
	t.kept -= len(old.State)
}

func (t *Table) loadSaved(r *codec.Reader) {
	s := r.Saved()
	if _, twice := t.saved.Get(s.Agent); twice {
		r.Fail("what %s keeps is there twice", s.Agent)
	} else if r.Err() == nil {
		t.store(s)
	}
}
