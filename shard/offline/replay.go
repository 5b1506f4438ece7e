package offline

import (
	"errors"
	"fmt"

	"github.com/hashicorp/raft"

	"roster"
	"roster/fsm"
	"roster/shard/replica"
)

// Replay returns the state at the end of a shard's log, and where that is. Entries that
// were never committed count too: who could have said that they were not is gone, and some
// of them may have been acknowledged.
func (f *Files) Replay(id roster.ShardID) (m *fsm.Machine, last Position, err error) {
	s, err := f.open(id)
	if err != nil {
		return nil, last, err
	}
	defer func() { err = errors.Join(err, s.log.Close()) }()
	newest, from, last, err := s.extent()
	if err != nil {
		return nil, last, err
	}
	m = fsm.New(id)
	r := replica.New(id, m, replica.Options{OnApply: func(uint64) {}, OnFault: func(error) {}})
	if newest != nil {
		if err := s.restore(r, newest.ID); err != nil {
			return nil, last, err
		}
	}
	return m, last, s.apply(r, from, last.Index)
}

func (s *shard) restore(r *replica.Replica, snapshot string) error {
	_, stream, err := s.snapshots.Open(snapshot)
	if err != nil {
		return err
	}
	return errors.Join(r.Restore(stream), stream.Close())
}

// apply applies the entries of a log.
func (s *shard) apply(r *replica.Replica, from, to uint64) error {
	for i := from; i <= to; i++ {
		var entry raft.Log
		if err := s.log.GetLog(i, &entry); err != nil {
			return fmt.Errorf("log entry %d: %w", i, err)
		}
		if entry.Type != raft.LogCommand {
			continue
		}
		r.Apply(&entry)
		if err := r.Fault(); err != nil {
			return err
		}
	}
	return nil
}
