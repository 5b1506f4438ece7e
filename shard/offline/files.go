package offline

import (
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/hashicorp/raft"

	"roster"
	"roster/shard/logstore"
	"roster/shard/stores"
)

// Files are the shards below one data directory. Open them and Close them.
type Files struct {
	stores *stores.Stores
}

// Open opens what is below dir. Shards that are new to it get a store of a kind.
func Open(dir string, kind logstore.Kind) (*Files, error) {
	s, err := stores.Open(stores.Config{Dir: dir, Kind: kind, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	return &Files{s}, nil
}

// Close closes the files.
func (f *Files) Close() error { return f.stores.Close() }

// shard is what the files hold of one shard.
type shard struct {
	log       *logstore.Watched
	snapshots *logstore.Snapshots
}

// open opens a shard that was there before.
func (f *Files) open(id roster.ShardID) (*shard, error) {
	if err := f.stores.Present(id); err != nil {
		return nil, err
	}
	return f.begin(id)
}

// begin opens a shard, also one that is new here.
func (f *Files) begin(id roster.ShardID) (*shard, error) {
	store, _, err := f.stores.Open(id)
	if err != nil {
		return nil, err
	}
	snapshots, err := logstore.OpenSnapshots(f.stores.Dir(id), io.Discard)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return &shard{logstore.Watch(store, logstore.Options{}), snapshots}, nil
}

// Position is where a log ends: of two logs of a shard, the one with the higher term, and
// at the same term the longer one, has everything that was committed in both.
type Position struct {
	Term  uint64
	Index uint64 // Raft's
}

// Less reports whether a log that ends at p may lack what one that ends at q has.
func (p Position) Less(q Position) bool {
	return p.Term < q.Term || p.Term == q.Term && p.Index < q.Index
}

// String returns the position in words.
func (p Position) String() string { return fmt.Sprintf("term %d, index %d", p.Term, p.Index) }

// Last returns where the log of a shard ends.
func (f *Files) Last(id roster.ShardID) (Position, error) {
	s, err := f.open(id)
	if err != nil {
		return Position{}, err
	}
	_, _, last, err := s.extent()
	return last, errors.Join(err, s.log.Close())
}

// extent returns the newest snapshot, nil where there is none, the first entry behind it,
// and where the log ends. An entry that contradicts the snapshot counts for nothing, and
// neither does what follows it.
func (s *shard) extent() (newest *raft.SnapshotMeta, from uint64, last Position, err error) {
	all, err := s.snapshots.List()
	if err != nil {
		return nil, 0, last, err
	}
	from = 1
	if len(all) > 0 {
		newest = all[0]
		from, last = newest.Index+1, Position{newest.Term, newest.Index}
	}
	end, err := s.log.LastIndex()
	if err != nil || end < from {
		return newest, from, last, err
	}
	var entry raft.Log
	if newest != nil {
		err := s.log.GetLog(newest.Index, &entry)
		if err == nil && entry.Term != newest.Term {
			return newest, from, last, nil
		}
		if err != nil && !errors.Is(err, raft.ErrLogNotFound) {
			return nil, 0, last, err
		}
	}
	err = s.log.GetLog(end, &entry)
	return newest, from, Position{entry.Term, end}, err
}
