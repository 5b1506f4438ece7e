package shard

import (
	"math"
	"sync"
	"time"

	"github.com/hashicorp/raft"
)

// never is the age of a replica that has never been up to date.
const never = time.Duration(math.MaxInt64)

// told is a commit index and when the leader told it.
type told struct {
	commit uint64
	at     time.Time
}

// freshness computes the age of a replica that does not lead: the time since the
// latest message whose commit index it has applied. Of the messages that are still
// ahead of it, it keeps the first and the last.
type freshness struct {
	reader raft.LogStore
	mu     struct {
		sync.Mutex
		at          time.Time // zero: never
		first, last told
		applied     uint64
		quiet       uint64 // a commit index that was looked up: entries
		floor       uint64 // from floor+1 to quiet are Raft's own
	}
}

// tell notes a message of the leader.
func (f *freshness) tell(commit uint64, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if commit <= f.mu.applied {
		f.mu.first, f.mu.last = told{}, told{}
		f.upto(at)
		return
	}
	if f.mu.first.commit == 0 {
		f.mu.first = told{commit, at}
	}
	f.mu.last = told{commit, at}
}

// apply notes that the machine has everything up to a Raft index.
func (f *freshness) apply(index uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mu.applied = index
	f.settle(index)
}

// carry notes that the replica was up to date at a moment, as a leader is at its
// last contact with a quorum.
func (f *freshness) carry(at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.upto(at)
}

// age returns how old the replica is.
func (f *freshness) age(now time.Time) time.Duration {
	f.mu.Lock()
	last, applied := f.mu.last.commit, f.mu.applied
	f.mu.Unlock()
	if last > applied && f.loud(last, applied) <= applied {
		f.mu.Lock()
		f.settle(last)
		f.mu.Unlock()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.mu.at.IsZero() {
		return never
	}
	return max(0, now.Sub(f.mu.at))
}

// settle moves what index covers out of the messages ahead; the lock is held.
func (f *freshness) settle(index uint64) {
	switch {
	case f.mu.first.commit == 0 || index < f.mu.first.commit:
	case index >= f.mu.last.commit:
		f.upto(f.mu.last.at)
		f.mu.first, f.mu.last = told{}, told{}
	default:
		f.upto(f.mu.first.at)
		f.mu.first = f.mu.last
	}
}

func (f *freshness) upto(at time.Time) {
	if at.After(f.mu.at) {
		f.mu.at = at
	}
}

// loud returns the last index up to commit whose entry the machine is given. Raft
// keeps no-ops and barriers to itself, so waiting for one of those would never end.
func (f *freshness) loud(commit, applied uint64) uint64 {
	f.mu.Lock()
	if f.mu.quiet == commit {
		defer f.mu.Unlock()
		return f.mu.floor
	}
	f.mu.Unlock()
	index := commit
	for ; index > applied; index-- {
		var log raft.Log
		if err := f.reader.GetLog(index, &log); err != nil || (log.Type != raft.LogNoop && log.Type != raft.LogBarrier) {
			return index
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mu.quiet, f.mu.floor = commit, index
	return index
}
