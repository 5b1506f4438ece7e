package link

import (
	"context"
	"time"

	"github.com/hashicorp/raft"

	"roster/shard/link/frame"
	"roster/shard/link/peer"
)

const (
	// handOverMax bounds how long a leader waits for the word of the node that it hands
	// over to: Raft takes no entry meanwhile.
	handOverMax = 250 * time.Millisecond
	// retryMax is how long entries are sent again to a peer that cannot be reached. Raft
	// itself would try again only at its commit time-out, or with the next entry.
	retryMax = 2 * time.Second
	// retryPause is how long to wait before that.
	retryPause = 20 * time.Millisecond
	// partBytes is about how many bytes of entries one frame carries, so that other
	// groups need not wait long for their turn.
	partBytes = 1 << 20
)

// ask is a request of one group whose answer somebody waits for.
type ask struct {
	t     *Transport
	want  frame.Kind
	match uint64 // of entries: up to here the peer's log is ours if it says yes
	done  chan peer.Reply
}

var _ peer.Waiter = (*ask)(nil)

func (a *ask) Answered(f *frame.Frame, sent time.Time) bool {
	if f.Kind != a.want {
		a.Failed(peer.Fault(f))
		return true
	}
	r := peer.Reply{Sent: sent, Frame: *f}
	r.Frame.Beats = nil // the reader uses them again
	a.t.release(f, a.match, func() { a.done <- r })
	return true
}

func (a *ask) Failed(err error) { a.done <- peer.Reply{Err: err} }

// release is what every answer passes: those that leave this server and those that are
// given to Raft. A successful one to entries waits until this server's own log holds
// what it acknowledges.
func (t *Transport) release(f *frame.Frame, match uint64, pass func()) {
	if f.Kind == frame.AppendAnswer && f.Flags&frame.Yes != 0 && match > 0 {
		t.options.Durable(match, pass)
		return
	}
	pass()
}

// exchange sends a request and waits for its answer, but not longer than ctx.
func (t *Transport) exchange(ctx context.Context, to raft.ServerID, f *frame.Frame, match uint64) peer.Reply {
	f.Group = t.options.Group
	a := &ask{t: t, want: answerTo(f.Kind), match: match, done: make(chan peer.Reply, 1)}
	if _, err := t.hub.peers.Ask(to, f, a); err != nil {
		return peer.Reply{Err: err}
	}
	select {
	case r := <-a.done:
		return r
	case <-ctx.Done():
		return peer.Reply{Err: context.Cause(ctx)}
	}
}

// answerTo is the kind of the answer to a request of one group.
func answerTo(k frame.Kind) frame.Kind { return k + (frame.AppendAnswer - frame.Append) }

// AppendEntries sends entries or a heartbeat.
func (t *Transport) AppendEntries(id raft.ServerID, _ raft.ServerAddress, args *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse) error {
	if t.muted.Load() {
		return ErrMuted
	}
	if isHeartbeat(args) {
		return t.heartbeat(id, args, resp)
	}
	for _, part := range parts(args) {
		r := t.append(id, part)
		if r.Err != nil {
			return r.Err
		}
		t.answered(id, r.Sent, part.Term, lastOf(part), &r.Frame)
		fill(resp, id, &r.Frame)
		if !resp.Success {
			return nil
		}
	}
	return nil
}

// append sends entries until they are answered or there is no hope.
func (t *Transport) append(id raft.ServerID, args *raft.AppendEntriesRequest) peer.Reply {
	began := t.hub.options.Now()
	for {
		r := t.exchange(t.ctx, id, t.appendFrame(args), lastOf(args))
		t.sent(id, args)
		if r.Err == nil || !peer.Again(r.Err) || t.muted.Load() || !t.leads(args.Term) || t.hub.options.Now().Sub(began) > retryMax {
			return r
		}
		peer.Pause(t.ctx, retryPause)
		if t.ctx.Err() != nil {
			return peer.Reply{Err: peer.ErrClosed}
		}
	}
}

func (t *Transport) appendFrame(a *raft.AppendEntriesRequest) *frame.Frame {
	f := &frame.Frame{
		Kind: frame.Append, Group: t.options.Group, Protocol: a.ProtocolVersion, Term: a.Term,
		Index: a.PrevLogEntry, IndexTerm: a.PrevLogTerm, Commit: a.LeaderCommitIndex, Entries: a.Entries,
	}
	if t.options.Settled(a.Term) {
		f.Flags = frame.Settled
	}
	return f
}

// lastOf is the last index that a request makes the peer's log share with ours.
func lastOf(a *raft.AppendEntriesRequest) uint64 { return a.PrevLogEntry + uint64(len(a.Entries)) }

// parts cuts a request into such as fit into a frame each. A peer that takes them one
// after the other comes to the same log.
func parts(a *raft.AppendEntriesRequest) []*raft.AppendEntriesRequest {
	var out []*raft.AppendEntriesRequest
	rest := *a
	for {
		n, size := 0, 0
		for n < len(rest.Entries) && n < frame.EntriesMax && (n == 0 || size+frame.EntryBytes(rest.Entries[n]) <= partBytes) {
			size += frame.EntryBytes(rest.Entries[n])
			n++
		}
		if n == len(rest.Entries) {
			return append(out, &rest)
		}
		part := rest
		part.Entries = rest.Entries[:n]
		out = append(out, &part)
		rest.PrevLogEntry, rest.PrevLogTerm = part.Entries[n-1].Index, part.Entries[n-1].Term
		rest.Entries = rest.Entries[n:]
	}
}

// fill makes Raft's answer out of a frame.
func fill(resp *raft.AppendEntriesResponse, from raft.ServerID, f *frame.Frame) {
	*resp = raft.AppendEntriesResponse{
		RPCHeader: header(from, f), Term: f.Term, LastLog: f.Index,
		Success: f.Flags&frame.Yes != 0, NoRetryBackoff: f.Flags&frame.Soon != 0,
	}
}

func header(from raft.ServerID, f *frame.Frame) raft.RPCHeader {
	return raft.RPCHeader{ProtocolVersion: f.Protocol, ID: []byte(from), Addr: []byte(from)}
}

// RequestVote asks for a vote.
func (t *Transport) RequestVote(id raft.ServerID, _ raft.ServerAddress, args *raft.RequestVoteRequest, resp *raft.RequestVoteResponse) error {
	if t.muted.Load() {
		return ErrMuted
	}
	f := &frame.Frame{Kind: frame.Vote, Protocol: args.ProtocolVersion, Term: args.Term, Index: args.LastLogIndex, IndexTerm: args.LastLogTerm}
	if args.LeadershipTransfer {
		f.Flags = frame.Transfer
	}
	r := t.exchange(t.ctx, id, f, 0)
	*resp = raft.RequestVoteResponse{RPCHeader: header(id, &r.Frame), Term: r.Frame.Term, Granted: r.Frame.Flags&frame.Yes != 0}
	return r.Err
}

// RequestPreVote asks whether a vote would be given.
func (t *Transport) RequestPreVote(id raft.ServerID, _ raft.ServerAddress, args *raft.RequestPreVoteRequest, resp *raft.RequestPreVoteResponse) error {
	if t.muted.Load() {
		return ErrMuted
	}
	f := &frame.Frame{Kind: frame.PreVote, Protocol: args.ProtocolVersion, Term: args.Term, Index: args.LastLogIndex, IndexTerm: args.LastLogTerm}
	r := t.exchange(t.ctx, id, f, 0)
	*resp = raft.RequestPreVoteResponse{RPCHeader: header(id, &r.Frame), Term: r.Frame.Term, Granted: r.Frame.Flags&frame.Yes != 0}
	return r.Err
}

// TimeoutNow asks a server to stand for election at once. It does not wait for one that
// has just died: the request may still arrive, which does no harm.
func (t *Transport) TimeoutNow(id raft.ServerID, _ raft.ServerAddress, args *raft.TimeoutNowRequest, resp *raft.TimeoutNowResponse) error {
	if t.muted.Load() {
		return ErrMuted
	}
	ctx, cancel := context.WithTimeoutCause(t.ctx, handOverMax, ErrNoWord)
	defer cancel()
	r := t.exchange(ctx, id, &frame.Frame{Kind: frame.HandOver, Protocol: args.ProtocolVersion}, 0)
	*resp = raft.TimeoutNowResponse{RPCHeader: header(id, &r.Frame)}
	return r.Err
}
