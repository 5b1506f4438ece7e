package link

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/raft"

	"roster"
)

// wires connects nodes of one process by pipes.
type wires struct {
	mu struct {
		sync.Mutex
		doors map[string]*door
		conns []net.Conn
	}
}

func newWires() *wires {
	w := &wires{}
	w.mu.doors = map[string]*door{}
	return w
}

func (w *wires) node(id roster.NodeID) Network { return &end{w, string(id)} }

type end struct {
	wires *wires
	id    string
}

func (e *end) GroupListener(uint32) net.Listener {
	d := &door{id: e.id, conns: make(chan net.Conn), closed: make(chan struct{})}
	e.wires.mu.Lock()
	defer e.wires.mu.Unlock()
	e.wires.mu.doors[e.id] = d
	return d
}

func (e *end) Dial(ctx context.Context, addr string, _ uint32) (net.Conn, error) {
	e.wires.mu.Lock()
	d := e.wires.mu.doors[addr]
	e.wires.mu.Unlock()
	if d == nil {
		return nil, errors.New("no such node: " + addr)
	}
	near, far := net.Pipe()
	select {
	case d.conns <- far:
		e.wires.mu.Lock()
		e.wires.mu.conns = append(e.wires.mu.conns, near, far)
		e.wires.mu.Unlock()
		return near, nil
	case <-d.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type door struct {
	id     string
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (d *door) Accept() (net.Conn, error) {
	select {
	case c := <-d.conns:
		return c, nil
	case <-d.closed:
		return nil, net.ErrClosed
	}
}

func (d *door) Close() error   { d.once.Do(func() { close(d.closed) }); return nil }
func (d *door) Addr() net.Addr { return name(d.id) }

// fixed is a Raft in one state.
type fixed struct {
	state raft.RaftState
	term  atomic.Uint64
}

func (f *fixed) State() raft.RaftState { return f.state }
func (f *fixed) CurrentTerm() uint64   { return f.term.Load() }

func pair(t *testing.T, o Options) (from, to *Transport, state *fixed) {
	w := newWires()
	from = Open(Options{Network: w.node("a"), Group: 1, Node: "a"})
	o.Network, o.Group, o.Node = w.node("b"), 1, "b"
	to = Open(o)
	t.Cleanup(func() { from.Close(); to.Close() })
	state = &fixed{state: raft.Follower}
	state.term.Store(3)
	to.Bind(state)
	return from, to, state
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
			synctest.Test(t, func(t *testing.T) {
				from, to, state := pair(t, Options{Stalled: func() bool { return c.stalled }})
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
				from.Close()
				to.Close()
			})
		})
	}
}

// TestMailboxHoldsOne: a main loop that is busy finds one heartbeat afterwards, and
// nobody has waited for it.
func TestMailboxHoldsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from, to, _ := pair(t, Options{})
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
		from.Close()
		to.Close()
	})
}

func TestNotes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []uint64
		from, to, _ := pair(t, Options{OnTold: func(commit uint64, _ time.Time) { told = append(told, commit) }})
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
		from.Close()
		to.Close()
	})
}

func TestMutedServerLeadsNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from, to, _ := pair(t, Options{})
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
		from.Close()
		to.Close()
	})
}

func TestStalledLeaderStopsHeartbeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWires()
		from := Open(Options{Network: w.node("a"), Group: 1, Node: "a", Stalled: func() bool { return true }})
		defer from.Close()
		if err := from.AppendEntries("b", "b", heartbeat(3), &raft.AppendEntriesResponse{}); !errors.Is(err, ErrStalled) {
			t.Errorf("heartbeat of a stalled leader: %v", err)
		}
	})
}

func TestCloseEndsEveryConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from, to, _ := pair(t, Options{})
		var resp raft.AppendEntriesResponse
		if err := from.AppendEntries("b", "b", heartbeat(3), &resp); err != nil {
			t.Fatal(err)
		}
		from.Close()
		to.Close()
		w := from.options.Network.(*end).wires
		for _, c := range w.mu.conns {
			if _, err := c.Write([]byte{0}); !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("a connection is still open: %v", err)
			}
		}
		if len(w.mu.conns) == 0 {
			t.Error("there was no connection")
		}
		from.Close()
	})
}
