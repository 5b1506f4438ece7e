package check

import (
	"context"
	"sync"

	"roster"
)

// Order checks that a watch tells every acknowledged write of its agents once, and
// those of one agent in order.
type Order struct {
	notes
	past struct {
		sync.Mutex
		last    map[roster.AgentID]roster.Index
		told    map[change]bool // and not acknowledged yet
		awaited map[change]bool // acknowledged and not told yet
		moved   chan struct{}   // closed when awaited has become less
		cut     bool            // what comes now proves nothing
	}
}

// change is one revision of one agent.
type change struct {
	id       roster.AgentID
	revision roster.Index
}

// NewOrder returns a checker that has heard nothing.
func NewOrder() *Order {
	o := &Order{}
	o.past.last = map[roster.AgentID]roster.Index{}
	o.past.told = map[change]bool{}
	o.past.awaited = map[change]bool{}
	o.past.moved = make(chan struct{})
	return o
}

// Wrote tells that a write was acknowledged that the watch must tell.
func (o *Order) Wrote(id roster.AgentID, revision roster.Index) {
	o.past.Lock()
	defer o.past.Unlock()
	c := change{id, revision}
	switch {
	case o.past.told[c]:
		delete(o.past.told, c)
	case !o.past.cut:
		o.past.awaited[c] = true
	}
}

// Told tells of an event of the watch: that an agent now has a revision.
func (o *Order) Told(id roster.AgentID, revision roster.Index) {
	o.checked(1)
	o.past.Lock()
	defer o.past.Unlock()
	c := change{id, revision}
	switch last := o.past.last[id]; {
	case revision == last:
		o.violated("%s: revision %d was told twice", id, revision)
	case revision < last:
		o.violated("%s: revision %d was told after %d", id, revision, last)
	}
	if !o.past.awaited[c] {
		o.past.told[c] = true
	}
	o.past.last[id] = max(o.past.last[id], revision)
	delete(o.past.awaited, c)
	close(o.past.moved)
	o.past.moved = make(chan struct{})
}

// Broken tells that the watch was cut, which the contract allows when it says so.
// Nothing is awaited any more.
func (o *Order) Broken(err error) {
	o.past.Lock()
	defer o.past.Unlock()
	o.past.cut = true
	clear(o.past.awaited)
	o.noted("the watch was cut, and not checked from then on: %v", err)
}

// Await waits until every acknowledged write has been told. What is missing when ctx
// ends is a violation each.
func (o *Order) Await(ctx context.Context) {
	for {
		o.past.Lock()
		missing, moved := len(o.past.awaited), o.past.moved
		o.past.Unlock()
		if missing == 0 {
			return
		}
		select {
		case <-moved:
		case <-ctx.Done():
			o.missed()
			return
		}
	}
}

func (o *Order) missed() {
	o.past.Lock()
	defer o.past.Unlock()
	for c := range o.past.awaited { // order-free: each is a violation
		o.violated("%s: revision %d was acknowledged and never told", c.id, c.revision)
	}
}

// Verdict returns what was found so far.
func (o *Order) Verdict() Verdict { return o.verdict("watch") }
