package cluster

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"roster"
)

// Member is one node as gossip sees it from here.
type Member struct {
	ID      roster.NodeID
	Meta    Meta
	Address string // host:port of the node port
	// State is NodeAlive, NodeSuspect (this node's own probes fail), NodeDown or
	// NodeLeft.
	State roster.NodeState
	Since time.Time // of State
}

// live reports whether the member counts as present.
func (m *Member) live() bool { return m.State == roster.NodeAlive || m.State == roster.NodeSuspect }

// roll is the list of members: memberlist's events go in, copies come out. Its
// methods are called under memberlist's lock, so they neither wait nor call back.
type roll struct {
	self roster.NodeID
	mu   struct {
		sync.Mutex
		members map[roster.NodeID]*Member
		leaving map[roster.NodeID]bool // said so before they fell silent
		signals map[chan struct{}]struct{}
	}
}

func newRoll(self roster.NodeID) *roll {
	r := &roll{self: self}
	r.mu.members = make(map[roster.NodeID]*Member)
	r.mu.leaving = make(map[roster.NodeID]bool)
	r.mu.signals = make(map[chan struct{}]struct{})
	return r
}

// notify tells every subscriber that something changed; r.mu is held. A signal that
// was not taken yet stands for this change too.
func (r *roll) notify() {
	for signal := range r.mu.signals {
		select {
		case signal <- struct{}{}:
		default:
		}
	}
}

// subscribe returns a coalesced signal and what ends it.
func (r *roll) subscribe() (<-chan struct{}, func()) {
	signal := make(chan struct{}, 1)
	r.mu.Lock()
	r.mu.signals[signal] = struct{}{}
	r.mu.Unlock()
	return signal, func() {
		r.mu.Lock()
		delete(r.mu.signals, signal)
		r.mu.Unlock()
	}
}

// admit says whether a node may be alive under this name; with false, who holds the
// name, or nil when there are too many members.
func (r *roll) admit(id roster.NodeID, name string) (holder *Member, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	live := 0
	for _, m := range r.mu.members {
		if m.ID == id || !m.live() {
			continue
		}
		if live++; m.Meta.Name == name {
			taken := *m
			return &taken, false
		}
	}
	return nil, live < LiveMax
}

// enter makes a member alive, or takes over what it newly says of itself.
func (r *roll) enter(id roster.NodeID, meta Meta, leaving bool, address string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if leaving {
		r.mu.leaving[id] = true
	} else {
		delete(r.mu.leaving, id)
	}
	old := r.mu.members[id]
	next := &Member{ID: id, Meta: meta, Address: address, State: roster.NodeAlive, Since: time.Now()}
	if old != nil && old.State == roster.NodeAlive {
		next.Since = old.Since
	}
	r.mu.members[id] = next
	r.notify()
}

// move gives a member another address, unless it has one already that is newer.
func (r *roll) move(id roster.NodeID, from, to string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.mu.members[id]; m != nil && m.Address == from {
		next := *m
		next.Address = to
		r.mu.members[id] = &next
		r.notify()
	}
}

// goodbye records that a node said it would leave, for nodes that hear of the
// departure before they hear this.
func (r *roll) goodbye(id roster.NodeID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.mu.members[id]; m != nil && m.State == roster.NodeDown {
		r.set(m, roster.NodeLeft)
	}
}

// exit makes a member down, or left if it had said so.
func (r *roll) exit(id roster.NodeID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.mu.members[id]
	if m == nil {
		return
	}
	state := roster.NodeDown
	if r.mu.leaving[id] {
		state = roster.NodeLeft
	}
	delete(r.mu.leaving, id)
	r.set(m, state)
	r.prune()
}

// suspect marks an alive member whose probes fail; heard takes the mark away.
func (r *roll) suspect(id roster.NodeID) { r.turn(id, roster.NodeAlive, roster.NodeSuspect) }
func (r *roll) heard(id roster.NodeID)   { r.turn(id, roster.NodeSuspect, roster.NodeAlive) }

func (r *roll) turn(id roster.NodeID, from, to roster.NodeState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.mu.members[id]; m != nil && m.State == from && id != r.self {
		r.set(m, to)
	}
}

// set changes a state; r.mu is held. Members are replaced, not changed: copies of
// the pointer may be out.
func (r *roll) set(m *Member, state roster.NodeState) {
	if m.State == state {
		return
	}
	next := *m
	next.State, next.Since = state, time.Now()
	r.mu.members[m.ID] = &next
	r.notify()
}

// prune forgets members that have been gone for long, and the longest gone when
// there are too many; r.mu is held.
func (r *roll) prune() {
	var gone []*Member
	for _, m := range r.mu.members {
		if !m.live() {
			gone = append(gone, m)
		}
	}
	slices.SortFunc(gone, func(a, b *Member) int { return b.Since.Compare(a.Since) }) // latest first
	for i, m := range gone {
		if i >= GoneMax || time.Since(m.Since) > GoneKeep {
			delete(r.mu.members, m.ID)
		}
	}
}

// strike takes a member off the list without a trace: it never was one.
func (r *roll) strike(id roster.NodeID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mu.members[id] != nil && id != r.self {
		delete(r.mu.members, id)
		delete(r.mu.leaving, id)
		r.notify()
	}
}

// list returns copies, sorted by id.
func (r *roll) list() []Member {
	r.mu.Lock()
	r.prune()
	members := make([]Member, 0, len(r.mu.members))
	for _, m := range r.mu.members {
		members = append(members, *m)
	}
	r.mu.Unlock()
	slices.SortFunc(members, func(a, b Member) int { return cmp.Compare(a.ID, b.ID) })
	return members
}

// get returns a copy of one member.
func (r *roll) get(id roster.NodeID) (Member, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.mu.members[id]
	if m == nil {
		return Member{}, false
	}
	return *m, true
}
