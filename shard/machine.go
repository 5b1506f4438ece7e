package shard

import (
	"io"

	"roster"
	"roster/fsm"
)

// machine is what a group applies entries to: *fsm.Machine.
type machine interface {
	Apply(e roster.Entry) []roster.Result
	Lookup(id roster.AgentID) (*roster.Record, bool)
	Index() roster.Index
	Now() roster.LogTime
	View() *fsm.View
	Restore(r io.Reader) error
}

var _ machine = (*fsm.Machine)(nil)

func newMachine(id roster.ShardID) machine { return fsm.New(id) }
