package logstore

import (
	"fmt"
	"io"

	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"

	"roster/shard/logstore/disk"
	"roster/shard/logstore/wal"
)

// Kind names a way to keep a log.
type Kind string

// The kinds. A voter of a durable cluster must not use Memory: it would forget its
// vote.
const (
	Bolt   Kind = "bolt"
	Shared Kind = "shared"
	Memory Kind = "memory"
)

// Kinds lists every Kind.
var Kinds = []Kind{Bolt, Shared, Memory}

// The errors that callers tell apart. ErrNotFound has the text that Raft looks for.
var (
	ErrNotFound = raftboltdb.ErrKeyNotFound
	ErrInUse    = disk.ErrInUse
	ErrCorrupt  = wal.ErrCorrupt
)

// Store holds one shard's log and its few named values. GetLog of an index that is
// not there returns raft.ErrLogNotFound; Get and GetUint64 of a name that was never
// set return ErrNotFound. An empty log has FirstIndex and LastIndex 0.
type Store interface {
	raft.LogStore
	raft.StableStore
	io.Closer
}

// Open opens or creates the store of one shard: with Shared, a log of its own. Memory
// ignores dir. The error is ErrInUse when another process, or another Open in this one, holds dir.
func Open(kind Kind, dir string) (Store, error) {
	switch kind {
	case Bolt:
		return openBolt(dir)
	case Shared:
		return openAlone(dir)
	case Memory:
		return newMemory(), nil
	}
	return nil, fmt.Errorf("log store %q: want one of %v", kind, Kinds)
}
