package link

import (
	"github.com/hashicorp/raft"

	"roster/shard/link/frame"
	"roster/shard/link/peer"
)

// isHeartbeat is the test by which Raft's own transport picks its fast path.
func isHeartbeat(a *raft.AppendEntriesRequest) bool {
	return a.PrevLogEntry == 0 && a.PrevLogTerm == 0 && len(a.Entries) == 0 && a.LeaderCommitIndex == 0
}

// heartbeat sends a heartbeat together with those of other groups.
func (t *Transport) heartbeat(id raft.ServerID, args *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse) error {
	if t.options.Stalled() {
		return ErrStalled
	}
	done := make(chan peer.Reply, 1)
	t.hub.peers.Beat(id, &peer.Beat{Source: t, Term: args.Term, Protocol: args.ProtocolVersion, Hold: t.options.Hold,
		Answer: func(r peer.Reply) { done <- r }})
	select {
	case r := <-done:
		if r.Err != nil {
			return r.Err
		}
		t.answered(id, r.Sent, args.Term, 0, &r.Frame)
		fill(resp, id, &r.Frame)
		return nil
	case <-t.ctx.Done():
		return peer.ErrClosed
	}
}

// Probe sends a peer a heartbeat of a term in which this server leads, at once and beside
// Raft's own: an answer shows in [Transport.Peer] and is told by OnContact. One that is
// lost is not sent again: Raft's next heartbeat serves as well.
func (t *Transport) Probe(id raft.ServerID, term uint64) {
	if t.muted.Load() || t.options.Stalled() || !t.leads(term) {
		return
	}
	t.hub.peers.Beat(id, &peer.Beat{Source: t, Term: term, Protocol: raft.ProtocolVersionMax, Answer: func(r peer.Reply) {
		if r.Err == nil {
			t.answered(id, r.Sent, term, 0, &r.Frame)
		}
	}})
}

// Beat is a heartbeat as it leaves. The commit index is for freshness alone: it is
// never given to Raft.
func (t *Transport) Beat(term uint64) frame.Beat {
	b := frame.Beat{Group: t.options.Group, Term: term}
	if state := t.state.Load(); state != nil && t.leads(term) && t.options.Settled(term) {
		b.Flags, b.Index = frame.Settled, (*state).CommitIndex()
	}
	return b
}

// beaten meets the heartbeat of a leader. It runs on the goroutine of the connection,
// so it must change nothing in Raft. The direct answer is true when it is sent: this
// server grants a vote for a later term only after it has published that term.
// Everything else waits for the main loop: direct is false then.
func (t *Transport) beaten(from *peer.Served, f *frame.Frame, b frame.Beat) (answer frame.Beat, direct bool) {
	if b.Flags&frame.Settled != 0 && b.Index > 0 {
		t.told(b.Term, b.Index)
	}
	if !t.follows(b.Term) {
		return frame.Beat{}, false
	}
	if len(t.mailbox) == 0 { // else the main loop has one to read already
		t.post(raft.RPC{Command: heartbeatOf(from, f, b.Term), RespChan: make(chan raft.RPCResponse, 1)})
	}
	return frame.Beat{Flags: frame.Yes, Term: b.Term}, true
}

// post gives a heartbeat to the main loop if that waits for something just now, and else
// to the mailbox.
func (t *Transport) post(rpc raft.RPC) {
	select {
	case t.rpcs <- rpc:
		return
	default:
	}
	select {
	case t.mailbox <- rpc:
	default:
	}
}

// follows reports whether a heartbeat of this term may be answered at once.
func (t *Transport) follows(term uint64) bool {
	state := t.state.Load()
	return state != nil && !t.quiet() && !t.options.Stalled() &&
		(*state).State() == raft.Follower && (*state).CurrentTerm() == term
}

// told reports the commit index that a leader of the present term tells.
func (t *Transport) told(term, commit uint64) {
	if state := t.state.Load(); state != nil && term >= (*state).CurrentTerm() {
		t.options.OnTold(commit, t.hub.options.Now())
	}
}

// quiet reports whether Silence was called.
func (t *Transport) quiet() bool {
	select {
	case <-t.silent:
		return true
	default:
		return false
	}
}
