package post

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"roster"
	"roster/mailbox"
)

// boxes are the mailboxes of a node.
type boxes struct {
	bytes atomic.Int64 // of all
	mu    struct {
		sync.Mutex
		all map[roster.AgentID]*box
	}
}

// box is one mailbox and who waits for it.
type box struct {
	mu struct {
		sync.Mutex
		*mailbox.Box
		changed chan struct{} // closed when a message has come, or the box is gone
		waits   int
		moving  bool // its contents are on their way to another node
		gone    bool // it is no mailbox any more
	}
}

func (b *boxes) init() { b.mu.all = map[roster.AgentID]*box{} }

// known returns the mailbox of an agent, if there is one.
func (b *boxes) known(id roster.AgentID) *box {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.mu.all[id]
}

// list returns the mailboxes.
func (b *boxes) list() map[roster.AgentID]*box {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.mu.all)
}

// with calls do with the mailbox of an agent, which is made if there is none, locked.
func (b *boxes) with(id roster.AgentID, limits func(roster.AgentID) mailbox.Limits, do func(*box)) {
	for {
		b.mu.Lock()
		x := b.mu.all[id]
		if x == nil {
			x = &box{}
			x.mu.Box, x.mu.changed = mailbox.New(limits(id)), make(chan struct{})
			b.mu.all[id] = x
		}
		b.mu.Unlock()
		if b.locked(x, do) {
			return
		}
	}
}

// locked calls do, unless x is gone, and keeps the books.
func (b *boxes) locked(x *box, do func(*box)) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.mu.gone {
		return false
	}
	before := x.mu.State().Bytes
	do(x)
	b.bytes.Add(int64(x.mu.State().Bytes - before))
	return true
}

// tell wakes who waits for the box; its lock is held.
func (x *box) tell() {
	close(x.mu.changed)
	x.mu.changed = make(chan struct{})
}

// remove takes a box off the list, if it is to go now: gone says so, with its lock held.
func (b *boxes) remove(id roster.AgentID, x *box, gone func(*box) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.locked(x, func(x *box) {
		if !gone(x) {
			return
		}
		x.mu.gone = true
		x.tell()
		b.bytes.Add(-int64(x.mu.State().Bytes))
		if b.mu.all[id] == x {
			delete(b.mu.all, id)
		}
	})
}

// empty reports whether there is nothing in a box, or it is gone.
func (b *boxes) empty(x *box) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.mu.gone || x.mu.Idle()
}

// idle reports whether nothing would be lost with a box; its lock is held.
func idle(x *box) bool { return x.mu.waits == 0 && x.mu.Idle() }

// expire lets go of what is too old.
func (b *boxes) expire(id roster.AgentID, x *box, now time.Time) {
	done := false
	b.locked(x, func(x *box) {
		x.mu.Expire(now)
		done = idle(x)
	})
	if done {
		b.remove(id, x, idle)
	}
}
