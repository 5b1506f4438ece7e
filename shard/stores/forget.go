package stores

import (
	"errors"
	"os"
	"path/filepath"

	"roster"
	"roster/shard/logstore"
)

// Release runs shut, which closes the store of a shard, while no log is being moved. The
// error is Conflict while one is.
func (s *Stores) Release(id roster.ShardID, shut func() error) error {
	return s.alone(func() error {
		err := shut()
		s.mu.Lock()
		delete(s.mu.open, id)
		s.mu.Unlock()
		return err
	})
}

// Forget deletes all that is on disk of a shard whose store is closed. A crash in between
// leaves a part, so who wants it done writes that down first and forgets again.
func (s *Stores) Forget(id roster.ShardID) error {
	if s.config.Kind == logstore.Memory {
		return nil
	}
	return s.alone(func() error {
		if s.has(id) {
			if err := s.shared().Forget(uint32(id)); err != nil {
				return err
			}
		}
		if err := os.RemoveAll(s.Dir(id)); err != nil {
			return err
		}
		err := logstore.SyncPath(filepath.Dir(s.Dir(id)))
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	})
}

// alone runs do while no log is being moved and the node does not stop.
func (s *Stores) alone(do func() error) error {
	select {
	case <-s.turn:
		defer func() { s.turn <- struct{}{} }()
		return do()
	default:
		return roster.Errorf(roster.CodeConflict, "a log of this node is being moved, or the node stops")
	}
}
