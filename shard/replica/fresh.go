package replica

import (
	"math"
	"sync"
	"time"

	"github.com/hashicorp/raft"
)

// Never is the age of a replica that has never been up to date.
const Never = time.Duration(math.MaxInt64)

// told is a commit index and when the leader told it.
type told struct {
	commit uint64
	at     time.Time
}

// Freshness computes the age of a replica that does not lead: the time since the
// latest message whose commit index it has applied. Of the messages that are still
// ahead of it, it keeps the first and the last.
type Freshness struct {
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

// NewFreshness returns the freshness of a replica whose log is in reader.
func NewFreshness(reader raft.LogStore) *Freshness { return &Freshness{reader: reader} }

// Tell notes a message of the leader.
func (f *Freshness) Tell(commit uint64, at time.Time) {
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

// Apply notes that the machine has everything up to a Raft index.
func (f *Freshness) Apply(index uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mu.applied = index
	f.settle(index)
}

// Carry notes that the replica was up to date at a moment, as a leader is at its
// last contact with a quorum.
func (f *Freshness) Carry(at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.upto(at)
}

// Age returns how old the replica is.
func (f *Freshness) Age(now time.Time) time.Duration {
	f.mu.Lock()
	last, applied := f.mu.last.commit, f.mu.applied
	f.mu.Unlock()
	if last > applied && f.Loud(last, applied) <= applied {
		f.mu.Lock()
		f.settle(last)
		f.mu.Unlock()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.mu.at.IsZero() {
		return Never
	}
	return max(0, now.Sub(f.mu.at))
}

// settle moves what index covers out of the messages ahead; the lock is held.
func (f *Freshness) settle(index uint64) {
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

func (f *Freshness) upto(at time.Time) {
	if at.After(f.mu.at) {
		f.mu.at = at
	}
}

// Loud returns the last index up to commit whose entry the machine is given. Raft
// keeps no-ops and barriers to itself, so waiting for one of those would never end.
func (f *Freshness) Loud(commit, applied uint64) uint64 {
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
