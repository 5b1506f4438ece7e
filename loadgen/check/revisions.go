package check

import (
	"hash/maphash"
	"sync"

	"roster"
)

// Bounds of what Revisions keeps. What is beyond is not looked at.
const (
	stripes    = 64
	stripeMost = 1 << 14
)

// Revisions checks that no observer is shown an older state of an agent after a newer
// one. An observer is whoever reads from one replica, or carries tokens along.
type Revisions struct {
	notes
	seed    maphash.Seed
	stripes [stripes]stripe
}

// stripe is a part of what was seen, under its own lock.
type stripe struct {
	mu struct {
		sync.Mutex
		seen map[sight]roster.Index
	}
}

// sight is who saw which agent.
type sight struct {
	observer string
	id       roster.AgentID
}

// NewRevisions returns a checker that has seen nothing.
func NewRevisions() *Revisions { return &Revisions{seed: maphash.MakeSeed()} }

func (r *Revisions) stripe(s sight) *stripe {
	return &r.stripes[maphash.Comparable(r.seed, s)%stripes]
}

// Begin returns the newest revision that the observer was shown before now: what a
// read that begins now may not go behind.
func (r *Revisions) Begin(observer string, id roster.AgentID) roster.Index {
	s := sight{observer, id}
	at := r.stripe(s)
	at.mu.Lock()
	defer at.mu.Unlock()
	return at.mu.seen[s]
}

// Seen tells what a read showed that began when floor was the newest.
func (r *Revisions) Seen(observer string, id roster.AgentID, floor, revision roster.Index) {
	r.checked(1)
	if revision < floor {
		r.violated("%s: %s was shown revision %d after %d", id, observer, revision, floor)
	}
	s := sight{observer, id}
	at := r.stripe(s)
	at.mu.Lock()
	defer at.mu.Unlock()
	if at.mu.seen == nil {
		at.mu.seen = map[sight]roster.Index{}
	}
	if old, known := at.mu.seen[s]; (known && old < revision) || (!known && len(at.mu.seen) < stripeMost) {
		at.mu.seen[s] = revision
	}
}

// Verdict returns what was found so far.
func (r *Revisions) Verdict() Verdict { return r.verdict("revisions") }
