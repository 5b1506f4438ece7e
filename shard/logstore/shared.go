package logstore

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/hashicorp/raft"

	"roster/shard/logstore/disk"
	"roster/shard/logstore/wal"
)

// SharedLog is one log for all groups of a node.
type SharedLog struct{ log *wal.Log }

// OpenShared opens the log in dir, or begins one unless begun says that there was one.
// The error is ErrInUse when somebody else has it, and ErrCorrupt, with what to do, when
// what was synced is not whole.
func OpenShared(dir string, begun bool) (*SharedLog, error) {
	fs, err := disk.OS(dir)
	if err != nil {
		return nil, err
	}
	log, err := wal.Open(fs, wal.Options{Begun: begun})
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	return &SharedLog{log}, nil
}

// Has reports whether the log holds a group.
func (s *SharedLog) Has(group uint32) bool { return s.log.Has(group) }

// Group opens the store of a group, and begins it if there is none. The error is
// ErrInUse while it is open.
func (s *SharedLog) Group(group uint32) (Store, error) {
	g, err := s.log.Group(group)
	if err != nil {
		return nil, err
	}
	return &shared{Group: g}, nil
}

// Forget deletes all of a group, which must not be open.
func (s *SharedLog) Forget(group uint32) error { return s.log.Forget(group) }

// Size returns what the log takes and has done.
func (s *SharedLog) Size() wal.Size { return s.log.Size() }

// Close writes what is queued and closes the log.
func (s *SharedLog) Close() error { return s.log.Close() }

// shared is one group's part. It does not say that it is monotonic, although Raft
// would then leave no gaps: Raft deletes the whole log of a monotonic store after it
// has installed a snapshot, also the entries behind the snapshot, which this node may
// have acknowledged, and goes on as if they were there.
type shared struct {
	*wal.Group
	own *wal.Log // when the log was opened for this group alone
}

var _ Store = (*shared)(nil)

// openAlone opens a shared log for one group.
func openAlone(dir string) (Store, error) {
	s, err := OpenShared(dir, false)
	if err != nil {
		return nil, err
	}
	g, err := s.log.Group(0)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &shared{g, s.log}, nil
}

func (s *shared) SetUint64(key []byte, value uint64) error {
	return s.Set(key, binary.BigEndian.AppendUint64(nil, value))
}

func (s *shared) Get(key []byte) ([]byte, error) {
	value, ok, err := s.Group.Get(key)
	if err == nil && !ok {
		err = ErrNotFound
	}
	return value, err
}

func (s *shared) GetUint64(key []byte) (uint64, error) {
	value, err := s.Get(key)
	if err != nil {
		return 0, err
	}
	if len(value) != 8 {
		return 0, fmt.Errorf("%w: number %q has %d bytes", ErrCorrupt, key, len(value))
	}
	return binary.BigEndian.Uint64(value), nil
}

func (s *shared) Close() error {
	err := s.Group.Close()
	if s.own != nil {
		err = errors.Join(err, s.own.Close())
	}
	return err
}

// Enqueue queues entries without waiting for the disk; wait returns when they are
// safe. Until then they do not show.
func (s *shared) Enqueue(logs []*raft.Log) (wait func() error, err error) {
	t, err := s.Group.Enqueue(logs)
	return t.Wait, err
}
