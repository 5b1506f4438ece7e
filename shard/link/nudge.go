package link

import (
	"github.com/hashicorp/raft"

	"roster/shard/link/frame"
)

// nudge is what waits to be told to one peer: at most one thing, the latest.
type nudge struct {
	t      *Transport
	to     raft.ServerID
	queued bool   // the next five are guarded by t.mu
	commit uint64 // up to here all is committed,
	due    uint64 // up to here what is queued tells it,
	told   uint64 // and up to here it was told
	term   uint64
}

// Nudge tells the peers that everything up to an entry is committed, so that they need
// not wait for the next entry or for Raft's commit time-out. term is that of the entry,
// which this server must have proposed: nothing is sent once it has left that term. A
// peer learns of entries once they were sent to it, and nobody waits for its answer.
func (t *Transport) Nudge(commit, term uint64) {
	if t.muted.Load() || !t.leads(term) {
		return
	}
	var waking []*nudge
	t.mu.Lock()
	for _, c := range t.mu.peers { // order-free: each peer is told on its own
		if c.nudge.term != term {
			c.nudge.commit, c.nudge.due, c.nudge.told, c.nudge.term = 0, 0, 0, term
		}
		c.nudge.commit = max(c.nudge.commit, commit)
		if c.owed() {
			waking = append(waking, &c.nudge)
		}
	}
	t.mu.Unlock()
	for _, n := range waking {
		n.send()
	}
}

// sent notes how far entries have been sent to a peer, which is then told what was
// committed before it could be.
func (t *Transport) sent(id raft.ServerID, a *raft.AppendEntriesRequest) {
	if len(a.Entries) == 0 {
		return
	}
	t.mu.Lock()
	c := t.contact(id)
	if c.sentTerm != a.Term {
		c.sentTerm, c.sent = a.Term, 0
	}
	c.sent = max(c.sent, lastOf(a))
	if c.nudge.term == a.Term {
		c.nudge.told = max(c.nudge.told, a.LeaderCommitIndex)
	}
	owed := c.owed()
	t.mu.Unlock()
	if owed {
		c.nudge.send()
	}
}

// owed reports whether something is to be queued for a peer, and takes it for queued;
// the lock is held.
func (c *contact) owed() bool {
	n := &c.nudge
	if n.queued || n.term == 0 || n.term != c.sentTerm || n.commit <= n.told || n.commit > c.sent {
		return false
	}
	n.due, n.queued = n.commit, true
	return true
}

func (n *nudge) send() {
	if n.t.hub.peers.Tell(n.to, n) {
		return
	}
	n.t.mu.Lock()
	defer n.t.mu.Unlock()
	n.queued = false
}

// Take returns the request to send, or nil when there is nothing to tell any more. To
// the peer it is one without entries that follows the entry up to which all is
// committed. What has come since it was queued is queued again: behind the entries.
func (n *nudge) Take() *frame.Frame {
	n.t.mu.Lock()
	due, term := n.due, n.term
	n.queued, n.told = false, max(n.told, due)
	again := n.t.mu.peers[n.to].owed()
	n.t.mu.Unlock()
	if again {
		n.send()
	}
	if n.t.muted.Load() || !n.t.leads(term) {
		return nil
	}
	return &frame.Frame{
		Kind: frame.Nudge, Group: n.t.options.Group, Flags: frame.Settled, Protocol: raft.ProtocolVersionMax,
		Term: term, Index: due, IndexTerm: term, Commit: due,
	}
}
