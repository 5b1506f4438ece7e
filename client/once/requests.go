package once

import (
	"crypto/rand"
	"encoding/binary"
	"sync"

	"roster"
)

// windowMax bounds how far Seq runs ahead of Done under one client id. Shards keep
// every result above Done, at most roster.ResultsMax a client: when one slow write
// holds Done back, newer writes go on under a fresh id instead of filling that.
const windowMax = roster.ResultsMax / 2

// Requests hands out the identities under which writes run exactly once. Make one with New.
type Requests struct {
	mu struct {
		sync.Mutex
		now *identity
	}
}

// identity is one client id and what is still open under it.
type identity struct {
	client uint64
	last   uint64  // highest Seq handed out
	done   uint64  // every Seq up to this one is answered or abandoned
	open   []*span // in order of Seq; the first is not closed
}

// span is a run of Seqs, one for each item of a batch.
type span struct {
	last   uint64
	closed bool
}

// New returns a Requests under a fresh client id.
func New() *Requests {
	r := &Requests{}
	r.mu.now = newIdentity()
	return r
}

func newIdentity() *identity {
	var b [8]byte
	for {
		_, _ = rand.Read(b[:]) // never fails, as its documentation promises
		if id := binary.LittleEndian.Uint64(b[:]); id != 0 {
			return &identity{client: id}
		}
	}
}

// Begin reserves count Seqs and returns the first with the floor below which all is
// settled. The caller calls end once it has an answer or has given up.
func (r *Requests) Begin(count int) (request roster.Request, end func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id := r.mu.now
	if id.last-id.done+uint64(count) > windowMax && len(id.open) > 0 {
		id = newIdentity()
		r.mu.now = id
	}
	request = roster.Request{Client: id.client, Seq: id.last + 1, Done: id.done}
	id.last += uint64(count)
	s := &span{last: id.last}
	id.open = append(id.open, s)
	return request, func() { r.close(id, s) }
}

// close settles a span and lifts the floor over all that is settled.
func (r *Requests) close(id *identity, s *span) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.closed = true
	for len(id.open) > 0 && id.open[0].closed {
		id.done = id.open[0].last
		id.open = id.open[1:]
	}
}
