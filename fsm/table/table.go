package table

import (
	"sync/atomic"

	"roster"
)

// Table shows a roll and the index that it has reached. Make one with New.
type Table struct {
	live atomic.Pointer[shown]
}

// shown is what Show swaps as a whole, so that no reader meets records of one state
// under the index of another.
type shown struct {
	roll  *Roll
	index atomic.Uint64
}

// New returns a table that shows a roll, at index 0.
func New(roll *Roll) *Table {
	t := new(Table)
	t.live.Store(&shown{roll: roll})
	return t
}

// Get returns the newest record of id.
func (t *Table) Get(id roster.AgentID) (*roster.Record, bool) { return t.live.Load().roll.Get(id) }

// Index returns the index last published.
func (t *Table) Index() roster.Index { return roster.Index(t.live.Load().index.Load()) }

// Publish tells readers that everything up to index is in the roll.
func (t *Table) Publish(index roster.Index) { t.live.Load().index.Store(uint64(index)) }

// Show swaps the roll and its index at once.
func (t *Table) Show(roll *Roll, index roster.Index) {
	next := &shown{roll: roll}
	next.index.Store(uint64(index))
	t.live.Store(next)
}
