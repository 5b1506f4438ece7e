package table

import (
	"iter"
	"sync/atomic"

	"github.com/puzpuzpuz/xsync/v4"

	"roster"
)

// Table is a map of immutable records and the index that they have reached. Make one
// with New.
type Table struct {
	live atomic.Pointer[contents]
}

// contents is what Replace swaps as a whole, so that no reader meets records of one
// state under the index of another.
type contents struct {
	records *xsync.Map[roster.AgentID, *roster.Record]
	index   atomic.Uint64
}

// New returns an empty table at index 0.
func New() *Table {
	t := new(Table)
	t.live.Store(&contents{records: xsync.NewMap[roster.AgentID, *roster.Record]()})
	return t
}

// Get returns the newest record of id.
func (t *Table) Get(id roster.AgentID) (*roster.Record, bool) { return t.live.Load().records.Load(id) }

// Index returns the index last published.
func (t *Table) Index() roster.Index { return roster.Index(t.live.Load().index.Load()) }

// Len returns how many records there are.
func (t *Table) Len() int { return t.live.Load().records.Size() }

// Put makes r the record of its id.
func (t *Table) Put(r *roster.Record) { t.live.Load().records.Store(r.ID, r) }

// Delete removes the record of id.
func (t *Table) Delete(id roster.AgentID) { t.live.Load().records.Delete(id) }

// Publish tells readers that everything up to index is in the table.
func (t *Table) Publish(index roster.Index) { t.live.Load().index.Store(uint64(index)) }

// Replace swaps the whole contents at once; size is a hint.
func (t *Table) Replace(records iter.Seq[*roster.Record], size int, index roster.Index) {
	next := &contents{records: xsync.NewMap[roster.AgentID, *roster.Record](xsync.WithPresize(size))}
	for r := range records {
		next.records.Store(r.ID, r)
	}
	next.index.Store(uint64(index))
	t.live.Store(next)
}
