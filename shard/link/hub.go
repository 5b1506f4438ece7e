package link

import (
	"io"
	"maps"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"roster/shard/link/frame"
	"roster/shard/link/peer"
)

// Network hands out the connections between nodes: *transport.Transport does.
type Network = peer.Network

// HubOptions configure a Hub. Network and Node must be set.
type HubOptions = peer.Options

// Hub carries the Raft messages of all groups of a node.
type Hub struct {
	options HubOptions
	peers   *peer.Peers
	groups  atomic.Pointer[map[uint32]*Transport] // for readers, who take no lock
	mu      sync.Mutex                            // of those who replace it
}

var _ peer.Handler = (*Hub)(nil)

// OpenHub starts a hub without groups. It takes the listeners of its lanes.
func OpenHub(o HubOptions) *Hub {
	if o.Now == nil {
		o.Now = time.Now
	}
	h := &Hub{options: o}
	h.groups.Store(&map[uint32]*Transport{})
	h.peers = peer.Open(o, h)
	return h
}

// Close ends every connection and returns when all goroutines of the hub have ended.
// The groups' transports are closed before.
func (h *Hub) Close() error { return h.peers.Close() }

// group returns the transport of an open group, or nil.
func (h *Hub) group(id uint32) *Transport { return (*h.groups.Load())[id] }

func (h *Hub) change(f func(map[uint32]*Transport)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	next := maps.Clone(*h.groups.Load())
	f(next)
	h.groups.Store(&next)
}

// Serve implements peer.Handler.
func (h *Hub) Serve(from *peer.Served, f *frame.Frame) bool {
	switch f.Kind {
	case frame.Beats:
		h.beats(from, f)
	case frame.Append, frame.Vote, frame.PreVote, frame.HandOver, frame.Nudge:
		h.take(from, f)
	default:
		return false
	}
	return true
}

// Install implements peer.Handler.
func (h *Hub) Install(conn net.Conn, r io.Reader, f *frame.Frame, from []byte) *frame.Frame {
	if t := h.group(f.Group); t != nil {
		return t.install(conn, r, f, from)
	}
	return &frame.Frame{Kind: frame.Fault, Text: "the peer has no such group"}
}

// Gone implements peer.Handler. A group that is being opened misses it, and waits for
// its leader's silence.
func (h *Hub) Gone(id raft.ServerID) {
	for _, t := range *h.groups.Load() { // order-free: each is told once
		if t.state.Load() != nil {
			t.options.OnGone(id)
		}
	}
}

// beats answers the heartbeats of one round: at once what can be, in one frame.
func (h *Hub) beats(s *peer.Served, f *frame.Frame) {
	answer := &frame.Frame{Kind: frame.BeatsAnswer, ID: f.ID, Protocol: f.Protocol, Beats: make([]frame.Beat, 0, len(f.Beats))}
	for place, b := range f.Beats {
		t, done := h.group(b.Group), frame.Beat{Flags: frame.Failed}
		if t != nil {
			var direct bool
			if done, direct = t.beaten(s, f, b); !direct {
				if t.inbox.put(&inbound{from: s, id: f.ID, group: b.Group, place: place, rpc: raft.RPC{Command: heartbeatOf(s, f, b.Term)}}) {
					continue
				}
				done.Flags = frame.Failed
			}
		}
		done.Group = uint32(place)
		answer.Beats = append(answer.Beats, done)
	}
	if len(answer.Beats) > 0 {
		s.Send(answer)
	}
}

// heartbeatOf is what Raft gets to see of a heartbeat.
func heartbeatOf(s *peer.Served, f *frame.Frame, term uint64) *raft.AppendEntriesRequest {
	return &raft.AppendEntriesRequest{RPCHeader: headerOf(s, f), Term: term}
}

func headerOf(s *peer.Served, f *frame.Frame) raft.RPCHeader {
	return raft.RPCHeader{ProtocolVersion: f.Protocol, ID: s.Name(), Addr: s.Name()}
}

// take queues a request for its group, or refuses it at once.
func (h *Hub) take(s *peer.Served, f *frame.Frame) {
	in := &inbound{from: s, id: f.ID, group: f.Group, place: -1, mute: f.Kind == frame.Nudge}
	switch f.Kind {
	case frame.Append, frame.Nudge:
		in.rpc.Command = &raft.AppendEntriesRequest{
			RPCHeader: headerOf(s, f), Term: f.Term, PrevLogEntry: f.Index, PrevLogTerm: f.IndexTerm,
			Entries: f.Entries, LeaderCommitIndex: f.Commit,
		}
		in.match = f.Index + uint64(len(f.Entries))
		if f.Flags&frame.Settled != 0 {
			in.told = f.Commit
		}
		for _, e := range f.Entries {
			in.bytes += int64(frame.EntryBytes(e))
		}
	case frame.Vote:
		in.rpc.Command = &raft.RequestVoteRequest{
			RPCHeader: headerOf(s, f), Term: f.Term, LastLogIndex: f.Index, LastLogTerm: f.IndexTerm,
			LeadershipTransfer: f.Flags&frame.Transfer != 0,
		}
	case frame.PreVote:
		in.rpc.Command = &raft.RequestPreVoteRequest{RPCHeader: headerOf(s, f), Term: f.Term, LastLogIndex: f.Index, LastLogTerm: f.IndexTerm}
	case frame.HandOver:
		in.rpc.Command = &raft.TimeoutNowRequest{RPCHeader: headerOf(s, f)}
	}
	t := h.group(f.Group)
	if t != nil && (f.Kind == frame.Vote || f.Kind == frame.PreVote || f.Kind == frame.HandOver) && !t.options.Votes() {
		t = nil
	}
	if t != nil && (!in.mute || len(t.inbox.queue) < inboxMax/2) && t.inbox.put(in) || in.mute {
		return
	}
	s.Send(&frame.Frame{Kind: frame.Fault, ID: f.ID, Group: f.Group, Flags: frame.Soon, Text: "refused"})
}
