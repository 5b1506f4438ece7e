package link

import (
	"sync/atomic"

	"github.com/hashicorp/raft"

	"roster/shard/link/frame"
	"roster/shard/link/peer"
)

const (
	// inboxMax and inboxBytesMax bound the requests that wait for one group's main loop.
	inboxMax      = 64
	inboxBytesMax = 16 << 20
)

// inbound is a request of a peer.
type inbound struct {
	from  *peer.Served
	id    uint64
	group uint32
	place int // of a heartbeat in its round; else -1
	rpc   raft.RPC
	match uint64 // of entries: up to here our log is the leader's if we say yes
	told  uint64 // the commit index of a settled leader
	bytes int64
	mute  bool // nobody waits for the answer
}

// inbox is the queue of a group between the readers of all connections and the
// group's own goroutine, so that a main loop that hangs holds up nobody else.
type inbox struct {
	queue chan *inbound
	bytes atomic.Int64
}

// put queues a request; false when there is no room.
func (b *inbox) put(in *inbound) bool {
	if b.bytes.Add(in.bytes) <= inboxBytesMax || in.bytes > inboxBytesMax/2 && len(b.queue) == 0 {
		select {
		case b.queue <- in:
			return true
		default:
		}
	}
	b.bytes.Add(-in.bytes)
	return false
}

// pump passes requests on to Raft's main loop, one after the other, until Close.
func (t *Transport) pump() {
	for {
		select {
		case in := <-t.inbox.queue:
			t.inbox.bytes.Add(-in.bytes)
			t.pass(in)
		case rpc := <-t.mailbox:
			_ = t.deliver(rpc)
		case <-t.ctx.Done():
			return
		}
	}
}

// pass has the main loop answer a request and sends the answer.
func (t *Transport) pass(in *inbound) {
	if a, ok := in.rpc.Command.(*raft.AppendEntriesRequest); ok && in.told > 0 {
		t.told(a.Term, in.told)
	}
	answer := t.main(in.rpc)
	if in.mute {
		return
	}
	f := in.answer(answer)
	t.release(f, in.match, func() { in.from.Send(f) })
}

// main has Raft's main loop answer a request.
func (t *Transport) main(rpc raft.RPC) raft.RPCResponse {
	answer := make(chan raft.RPCResponse, 1)
	rpc.RespChan = answer
	if err := t.deliver(rpc); err != nil {
		return raft.RPCResponse{Error: err}
	}
	select {
	case r := <-answer:
		return r
	case <-t.silent: // a store that failed may have ended the main loop
		return raft.RPCResponse{Error: ErrMuted}
	}
}

// deliver hands a request to Raft's main loop. Silence is looked at first: it must win
// when both are ready.
func (t *Transport) deliver(rpc raft.RPC) error {
	if t.quiet() {
		return ErrMuted
	}
	select {
	case t.rpcs <- rpc:
		return nil
	case <-t.silent:
		return ErrMuted
	}
}

// answer makes a frame of what Raft answered.
func (in *inbound) answer(a raft.RPCResponse) *frame.Frame {
	f := &frame.Frame{ID: in.id, Group: in.group}
	switch r := a.Response.(type) {
	case *raft.AppendEntriesResponse:
		f.Kind, f.Protocol, f.Term, f.Index = frame.AppendAnswer, r.ProtocolVersion, r.Term, r.LastLog
		f.Set(frame.Yes, r.Success)
		f.Set(frame.Soon, r.NoRetryBackoff)
	case *raft.RequestVoteResponse:
		f.Kind, f.Protocol, f.Term = frame.VoteAnswer, r.ProtocolVersion, r.Term
		f.Set(frame.Yes, r.Granted)
	case *raft.RequestPreVoteResponse:
		f.Kind, f.Protocol, f.Term = frame.PreVoteAnswer, r.ProtocolVersion, r.Term
		f.Set(frame.Yes, r.Granted)
	case *raft.TimeoutNowResponse:
		f.Kind, f.Protocol = frame.HandOverDone, r.ProtocolVersion
	case *raft.InstallSnapshotResponse:
		f.Kind, f.Protocol, f.Term = frame.InstallAnswer, r.ProtocolVersion, r.Term
		f.Set(frame.Yes, r.Success)
	default:
		f.Kind = frame.Fault
	}
	if a.Error != nil {
		f.Kind, f.Text = frame.Fault, a.Error.Error()
	}
	if in.place < 0 {
		return f
	}
	b := frame.Beat{Group: uint32(in.place), Flags: f.Flags, Term: f.Term, Index: f.Index}
	if f.Kind != frame.AppendAnswer {
		b.Flags = frame.Failed
	}
	return &frame.Frame{Kind: frame.BeatsAnswer, ID: in.id, Protocol: f.Protocol, Beats: []frame.Beat{b}}
}
