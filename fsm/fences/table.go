package fences

import (
	"github.com/tidwall/btree"

	"roster"
	"roster/fsm/aging"
	"roster/fsm/codec"
)

// Table holds the epochs of agents. Make one with New.
type Table struct {
	rows  *btree.Map[roster.AgentID, row]
	order aging.Order[roster.AgentID]
}

type row struct {
	epoch roster.Epoch
	until roster.LogTime
}

// New returns an empty table.
func New() Table { return Table{btree.NewMap[roster.AgentID, row](0), aging.New[roster.AgentID]()} }

// Len returns how many agents are known.
func (t *Table) Len() int { return t.rows.Len() }

// Get returns the epoch of an agent, unless its time is over.
func (t *Table) Get(id roster.AgentID, now roster.LogTime) (roster.Epoch, bool) {
	r, ok := t.rows.Get(id)
	if !ok || r.until <= now {
		return 0, false
	}
	return r.epoch, true
}

// Set remembers the epoch of an agent until a time.
func (t *Table) Set(id roster.AgentID, epoch roster.Epoch, until roster.LogTime) {
	if old, ok := t.rows.Set(id, row{epoch, until}); ok {
		t.order.Drop(id, old.until)
	}
	t.order.Set(id, until)
}

// Due forgets the next agent whose time is over, or keeps it until again when it is
// registered, and reports whether there was one.
func (t *Table) Due(now, again roster.LogTime, registered func(roster.AgentID) bool) bool {
	id, ok := t.order.Due(now)
	if !ok {
		return false
	}
	if r, _ := t.rows.Get(id); registered(id) {
		t.Set(id, r.epoch, again)
		return true
	}
	t.rows.Delete(id)
	return true
}

// Next returns when the next agent's time is over.
func (t *Table) Next() (roster.LogTime, bool) { return t.order.Next() }

// Capture returns the table as it is now, for Export alone.
func (t *Table) Capture() Table { return Table{rows: t.rows.IsoCopy()} }

// Export puts every row.
func (t *Table) Export(put func(func(*codec.Writer))) {
	t.rows.Scan(func(id roster.AgentID, r row) bool {
		put(func(w *codec.Writer) {
			w.Array(3)
			w.Text(string(id))
			w.Uint(uint64(r.epoch))
			w.Int(int64(r.until))
		})
		return true
	})
}

// Load takes in one row that Export wrote; of two of one agent the higher parts remain.
func (t *Table) Load(r *codec.Reader) {
	r.Array(3)
	id := roster.AgentID(r.Text())
	x := row{roster.Epoch(r.Uint()), roster.LogTime(r.Int())}
	if old, known := t.rows.Get(id); known {
		x = row{max(x.epoch, old.epoch), max(x.until, old.until)}
	}
	t.Set(id, x.epoch, x.until)
}
