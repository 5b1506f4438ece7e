package replica

import (
	"io"

	"roster"
	"roster/fsm"
)

// Machine is what a shard applies its entries to: *fsm.Machine. Lookup and Index are
// safe beside Apply; the rest is kept out of it by the Replica.
type Machine interface {
	Apply(e roster.Entry) []roster.Result
	Lookup(id roster.AgentID) (*roster.Record, bool)
	Index() roster.Index
	Now() roster.LogTime
	View() *fsm.View
	Restore(r io.Reader) error
}

var _ Machine = (*fsm.Machine)(nil)
