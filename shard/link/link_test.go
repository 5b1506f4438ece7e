package link

import (
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/raft"

	"roster"
	"roster/internal/bubble"
)

// fixed is a Raft in one state.
type fixed struct {
	state        raft.RaftState
	term, commit atomic.Uint64
}

func (f *fixed) State() raft.RaftState { return f.state }
func (f *fixed) CurrentTerm() uint64   { return f.term.Load() }
func (f *fixed) CommitIndex() uint64   { return f.commit.Load() }

// hubs opens a hub for each node.
func hubs(ids ...roster.NodeID) (*wires, []*Hub) {
	w := newWires()
	var out []*Hub
	for _, id := range ids {
		out = append(out, OpenHub(HubOptions{Network: w.node(id), Node: id}))
	}
	return w, out
}

// pair opens group 1 at nodes a and b, of which b follows in term 3. stop must be
// called within the bubble.
func pair(o Options) (from, to *Transport, state *fixed, stop func()) {
	_, from, to, state, stop = tapPair(o)
	return from, to, state, stop
}

func tapPair(o Options) (w *wires, from, to *Transport, state *fixed, stop func()) {
	w, h := hubs("a", "b")
	from = h[0].Open(Options{Group: 1})
	o.Group = 1
	to = h[1].Open(o)
	state = &fixed{state: raft.Follower}
	state.term.Store(3)
	to.Bind(state)
	return w, from, to, state, func() { from.Close(); to.Close(); h[0].Close(); h[1].Close() }
}

func heartbeat(term uint64) *raft.AppendEntriesRequest {
	return &raft.AppendEntriesRequest{
		RPCHeader: raft.RPCHeader{ProtocolVersion: 3, ID: []byte("a"), Addr: []byte("a")}, Term: term,
	}
}

// TestHeartbeatPaths: only a heartbeat of a follower's own term is answered beside the
// main loop, and the main loop still gets to see it; Raft's handler is never called.
func TestHeartbeatPaths(t *testing.T) {
	for name, c := range map[string]struct {
		state   raft.RaftState
		term    uint64
		stalled bool
		direct  bool
	}{
		"follower, same term":  {raft.Follower, 3, false, true},
		"follower, later term": {raft.Follower, 4, false, false},
		"follower, older term": {raft.Follower, 2, false, false},
		"candidate, same term": {raft.Candidate, 3, false, false},
		"leader, later term":   {raft.Leader, 4, false, false},
		"stalled, same term":   {raft.Follower, 3, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				from, to, state, stop := pair(Options{Stalled: func() bool { return c.stalled }})
				defer stop()
				state.state = c.state
				to.SetHeartbeatHandler(func(raft.RPC) { t.Error("Raft's own handler was called") })
				answer := make(chan error, 1)
				var resp raft.AppendEntriesResponse
				go func() { answer <- from.AppendEntries("b", "b", heartbeat(c.term), &resp) }()
				synctest.Wait()
				if got := len(answer) == 1; got != c.direct {
					t.Errorf("answered without the main loop: %v, want %v", got, c.direct)
				}
				rpc := <-to.Consumer()
				if rpc.Command.(*raft.AppendEntriesRequest).Term != c.term {
					t.Errorf("the main loop got %+v", rpc.Command)
				}
				rpc.Respond(&raft.AppendEntriesResponse{Term: state.CurrentTerm(), Success: true}, nil)
				if err := <-answer; err != nil || !resp.Success {
					t.Errorf("answer %+v, %v", resp, err)
				}
			})
		})
	}
}

// TestMailboxHoldsOne: a main loop that is busy finds one heartbeat afterwards, and
// nobody has waited for it.
func TestMailboxHoldsOne(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		from, to, _, stop := pair(Options{})
		defer stop()
		for range 20 {
			var resp raft.AppendEntriesResponse
			if err := from.AppendEntries("b", "b", heartbeat(3), &resp); err != nil || !resp.Success || resp.Term != 3 {
				t.Fatalf("%+v, %v", resp, err)
			}
		}
		n := 0
		for {
			synctest.Wait()
			select {
			case rpc := <-to.Consumer():
				rpc.Respond(&raft.AppendEntriesResponse{}, nil)
				n++
				continue
			default:
			}
			break
		}
		if n < 1 || n > 2 { // one in the mailbox, one in the hand of the pump
			t.Errorf("%d heartbeats waited", n)
		}
	})
}

func TestNotes(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		var told []uint64
		from, to, _, stop := pair(Options{OnTold: func(commit uint64, _ time.Time) { told = append(told, commit) }})
		defer stop()
		go func() {
			for rpc := range to.Consumer() {
				rpc.Respond(&raft.AppendEntriesResponse{Term: 3, Success: true}, nil)
				if rpc.Command.(*raft.AppendEntriesRequest).PrevLogEntry == 99 {
					return
				}
			}
		}()
		send := func(term, prev, commit uint64, entries int) {
			a := heartbeat(term)
			a.PrevLogEntry, a.PrevLogTerm, a.LeaderCommitIndex = prev, 1, commit
			for i := range entries {
				a.Entries = append(a.Entries, &raft.Log{Index: prev + uint64(i) + 1, Term: term})
			}
			if err := from.AppendEntries("b", "b", a, &raft.AppendEntriesResponse{}); err != nil {
				t.Fatal(err)
			}
		}
		send(3, 10, 7, 2)
		if p := from.Peer("b"); p.Match != 12 || p.Term != 3 || p.Contact.IsZero() {
			t.Errorf("peer %+v", p)
		}
		send(2, 10, 50, 0) // an older leader: it knows nothing, and an answer in a later term is no contact
		if p := from.Peer("b"); p.Term != 3 {
			t.Errorf("peer after a later term %+v", p)
		}
		send(3, 99, 9, 0)
		if len(told) != 2 || told[0] != 7 || told[1] != 9 {
			t.Errorf("told %v, want 7 and 9", told)
		}
	})
}

func TestMutedServerLeadsNoMore(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		from, to, _, stop := pair(Options{})
		defer stop()
		from.Mute()
		for name, err := range map[string]error{
			"append":   from.AppendEntries("b", "b", heartbeat(3), &raft.AppendEntriesResponse{}),
			"vote":     from.RequestVote("b", "b", &raft.RequestVoteRequest{}, &raft.RequestVoteResponse{}),
			"pre-vote": from.RequestPreVote("b", "b", &raft.RequestPreVoteRequest{}, &raft.RequestPreVoteResponse{}),
			"snapshot": from.InstallSnapshot("b", "b", &raft.InstallSnapshotRequest{}, &raft.InstallSnapshotResponse{}, io.LimitReader(nil, 0)),
		} {
			if !errors.Is(err, ErrMuted) {
				t.Errorf("%s: %v", name, err)
			}
		}
		go func() {
			rpc := <-from.Consumer()
			rpc.Respond(&raft.RequestVoteResponse{Granted: true}, nil)
		}()
		var vote raft.RequestVoteResponse
		if err := to.RequestVote("a", "a", &raft.RequestVoteRequest{}, &vote); err != nil || !vote.Granted {
			t.Errorf("a muted server does not vote: %+v, %v", vote, err)
		}
		from.Silence()
		if err := to.RequestVote("a", "a", &raft.RequestVoteRequest{}, &vote); err == nil {
			t.Error("a silent server answered")
		}
	})
}

func TestStalledLeaderStopsHeartbeats(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		_, h := hubs("a")
		defer h[0].Close()
		from := h[0].Open(Options{Group: 1, Stalled: func() bool { return true }})
		defer from.Close()
		if err := from.AppendEntries("b", "b", heartbeat(3), &raft.AppendEntriesResponse{}); !errors.Is(err, ErrStalled) {
			t.Errorf("heartbeat of a stalled leader: %v", err)
		}
	})
}

func TestCloseEndsEveryConnection(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		w, from, _, _, stop := tapPair(Options{})
		var resp raft.AppendEntriesResponse
		if err := from.AppendEntries("b", "b", heartbeat(3), &resp); err != nil {
			t.Fatal(err)
		}
		stop()
		for _, c := range w.mu.conns {
			if _, err := c.Conn.Write([]byte{0}); !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("a connection is still open: %v", err)
			}
		}
		if len(w.mu.conns) == 0 {
			t.Error("there was no connection")
		}
		if err := from.AppendEntries("b", "b", heartbeat(3), &resp); err == nil {
			t.Error("a closed transport sends")
		}
	})
}
