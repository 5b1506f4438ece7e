package fleets

import (
	"roster"
	"roster/fleet"
)

// Muster enters one member that a fleet lacks, or has one go that it has too many, and
// reports whether there was one.
func (t *Table) Muster(at Turn) bool {
	for {
		id, _, ok := t.unsettled.Min()
		if !ok {
			return false
		}
		s, _ := t.fleets.Get(id)
		switch want := wanted(&s); {
		case s.Made < want:
			t.enter(at, &s)
			t.put(s)
			return true
		case s.Made > want:
			t.retire(at, &s)
			t.put(s)
			t.bury(id)
			return true
		}
		t.unsettled.Delete(id)
		t.bury(id)
	}
}

// Unsettled reports whether Muster has something to do.
func (t *Table) Unsettled() bool { return t.unsettled.Len() > 0 }

// enter makes the next member of a fleet. One that is still on its way out comes back when
// it has stopped; an agent of that id that is none of the fleet's keeps its place.
func (t *Table) enter(at Turn, s *fleet.State) {
	id := s.ID.Member(s.Made)
	s.Made++
	r, there := at.Roll.Get(id)
	if _, member := t.runs.Get(id); member {
		if r.Status == roster.StatusRetiring {
			t.turn(at, r, roster.StatusStopping, "the fleet grew again")
		}
		return
	}
	if there || at.Roll.Full() {
		return
	}
	next := &roster.Record{Agent: s.Agent(s.Made - 1), Owner: roster.Owner{Kind: roster.OwnedByPlacement, ID: string(s.ID)}, Status: roster.StatusRegistered,
		Health: roster.Health{State: roster.Critical, Reason: "waits for a node"}, Epoch: roster.Epoch(at.Index), Revision: at.Index,
		Shard: at.Shard, CreatedAt: at.Wall, UpdatedAt: at.Wall}
	t.runs.Set(id, fleet.Run{Since: at.Now, Reason: "new"})
	at.Roll.Store(nil, next, true)
}

// retire has the last member of a fleet go: at once, if it runs nowhere.
func (t *Table) retire(at Turn, s *fleet.State) {
	s.Made--
	id := s.ID.Member(s.Made)
	r, _ := at.Roll.Get(id)
	switch _, member := t.runs.Get(id); {
	case !member:
	case r.Node == "":
		t.remove(at, r)
	default:
		t.turn(at, r, roster.StatusRetiring, "the fleet has enough members without it")
	}
}

// remove takes a member off the roll.
func (t *Table) remove(at Turn, r *roster.Record) {
	run, _ := t.runs.Delete(r.ID)
	if run.Again != 0 {
		t.waiting.Drop(r.ID, run.Again)
	}
	t.forget(r.ID)
	at.Roll.Remove(r)
	if id, _, ok := fleet.Of(r.ID); ok {
		t.bury(id)
	}
}

// bury forgets a fleet that was dropped and has no member left.
func (t *Table) bury(id fleet.ID) {
	s, there := t.fleets.Get(id)
	if !there || !s.Dropped || s.Made > 0 {
		return
	}
	left := false
	t.Members(id, func(roster.AgentID, fleet.Run) bool {
		left = true
		return false
	})
	if !left {
		t.fleets.Delete(id)
		t.unsettled.Delete(id)
	}
}

// Again lets one member that failed and has waited be placed again, and reports whether
// there was one.
func (t *Table) Again(at Turn) bool {
	id, ok := t.waiting.Due(at.Now)
	if !ok {
		return false
	}
	run, _ := t.runs.Get(id)
	run.Again = 0
	t.runs.Set(id, run)
	if r, there := at.Roll.Get(id); there && r.Status == roster.StatusFailed {
		t.turn(at, r, roster.StatusRegistered, run.Reason)
	}
	return true
}

// Next returns when the next member is placed again.
func (t *Table) Next() (roster.LogTime, bool) { return t.waiting.Next() }
