package offline

import (
	"errors"
	"io"

	"github.com/hashicorp/raft"

	"roster"
)

// The first index and term of a shard that was planted: those of the entry with which any
// group begins.
const (
	firstIndex = 1
	firstTerm  = 1
)

// Plant begins a shard with a state and one voter. All of it is on the disk when Plant
// returns.
func (f *Files) Plant(id roster.ShardID, state io.WriterTo, voter roster.NodeID) (err error) {
	s, err := f.begin(id)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.log.Close()) }()
	old, err := raft.HasExistingState(s.log, s.log, s.snapshots)
	if err != nil {
		return err
	}
	if old {
		return roster.Errorf(roster.CodeConflict, "there is something of shard %v already", id)
	}
	if err := s.log.SetUint64([]byte("CurrentTerm"), firstTerm); err != nil {
		return err
	}
	return s.write(state, raft.Configuration{Servers: []raft.Server{{ID: raft.ServerID(voter), Address: raft.ServerAddress(voter)}}})
}

// write makes a state the snapshot at the first index.
func (s *shard) write(state io.WriterTo, members raft.Configuration) error {
	_, encodes := raft.NewInmemTransport("") // it only writes down the members' addresses
	sink, err := s.snapshots.Create(raft.SnapshotVersionMax, firstIndex, firstTerm, members, firstIndex, encodes)
	if err != nil {
		return err
	}
	if _, err := state.WriteTo(sink); err != nil {
		return errors.Join(err, sink.Cancel())
	}
	return sink.Close()
}
