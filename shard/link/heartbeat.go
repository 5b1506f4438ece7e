package link

import (
	"github.com/hashicorp/raft"
)

// isHeartbeat is the test by which NetworkTransport picks its fast path.
func isHeartbeat(a *raft.AppendEntriesRequest) bool {
	return a.PrevLogEntry == 0 && a.PrevLogTerm == 0 && len(a.Entries) == 0 && a.LeaderCommitIndex == 0
}

// heartbeat runs on the goroutine of the connection, so it must change nothing in
// Raft. The direct answer is true when it is sent: this server grants a vote for a
// later term only after it has published that term.
func (t *Transport) heartbeat(rpc raft.RPC) {
	request, ok := rpc.Command.(*raft.AppendEntriesRequest)
	if !ok || !t.follows(request.Term) {
		t.deliver(rpc)
		return
	}
	rpc.Respond(&raft.AppendEntriesResponse{
		RPCHeader: raft.RPCHeader{ProtocolVersion: request.ProtocolVersion},
		Term:      request.Term,
		Success:   true,
	}, nil)
	again := *request
	select {
	case t.mailbox <- raft.RPC{Command: &again, RespChan: make(chan raft.RPCResponse, 1)}:
	default: // the main loop has one to read already
	}
}

// follows reports whether a heartbeat of this term may be answered at once.
func (t *Transport) follows(term uint64) bool {
	state := t.state.Load()
	return state != nil && !t.options.Stalled() &&
		(*state).State() == raft.Follower && (*state).CurrentTerm() == term
}

// pump passes requests on to Raft's main loop until Close.
func (t *Transport) pump(from <-chan raft.RPC) {
	for {
		select {
		case rpc := <-from:
			t.note(rpc)
			t.deliver(rpc)
		case <-t.closed:
			return
		}
	}
}

// note reports the commit index that a leader of the present term tells.
func (t *Transport) note(rpc raft.RPC) {
	a, ok := rpc.Command.(*raft.AppendEntriesRequest)
	if !ok || a.LeaderCommitIndex == 0 {
		return
	}
	if state := t.state.Load(); state != nil && a.Term >= (*state).CurrentTerm() {
		t.options.OnTold(a.LeaderCommitIndex, t.options.Now())
	}
}

// deliver hands a request to Raft's main loop, or answers it with an error when
// Raft is gone. Silence is looked at first: it must win when both are ready.
func (t *Transport) deliver(rpc raft.RPC) {
	select {
	case <-t.silent:
		rpc.Respond(nil, ErrMuted)
		return
	default:
	}
	select {
	case t.rpcs <- rpc:
	case <-t.silent:
		rpc.Respond(nil, ErrMuted)
	}
}
