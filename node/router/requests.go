package router

import (
	"crypto/rand"
	"encoding/binary"
	"sync"

	"roster"
)

// requestSpanMax is how far the newest request of one client may run ahead of its
// oldest unanswered one. It stays well below ResultsMax, so that one operation that
// hangs never fills the shard's table: the others go on under a new client.
const requestSpanMax = roster.ResultsMax / 2

// requests makes the router a client of each shard: it numbers operations that
// come without a Request of their own, so that the router itself may send them
// twice. One client a shard, because a shard that hangs must not hold up the Done
// floor of the others.
type requests struct {
	mu struct {
		sync.Mutex
		clients map[roster.ShardID]*requestClient
	}
}

// requestClient counts the sequence of one client. floor is Done; answered holds
// what was answered above it.
type requestClient struct {
	id, next, floor uint64
	answered        map[uint64]bool
}

func newRequests() *requests {
	r := &requests{}
	r.mu.clients = make(map[roster.ShardID]*requestClient)
	return r
}

// begin returns a fresh request for shard and the function to call when it is
// answered or given up.
func (r *requests) begin(shard roster.ShardID) (roster.Request, func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.mu.clients[shard]
	if c == nil || c.next-c.floor > requestSpanMax {
		// It begins with something to be done with, which is what shards keep room for.
		c = &requestClient{id: randomID(), next: 1, floor: 1, answered: make(map[uint64]bool)}
		r.mu.clients[shard] = c
	}
	c.next++
	seq := c.next
	return roster.Request{Client: c.id, Seq: seq, Done: c.floor}, func() { r.finish(c, seq) }
}

func (r *requests) finish(c *requestClient, seq uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c.answered[seq] = true
	for c.answered[c.floor+1] {
		c.floor++
		delete(c.answered, c.floor)
	}
}

// randomID returns 64 random bits that are not zero.
func randomID() uint64 {
	var b [8]byte
	rand.Read(b[:]) //nolint:errcheck // crypto/rand.Read never fails
	return binary.LittleEndian.Uint64(b[:]) | 1
}
