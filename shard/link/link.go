package link

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"roster/shard/link/frame"
)

// The reasons for which a Transport refuses to send.
var (
	ErrMuted   = errors.New("this server is muted")
	ErrStalled = errors.New("this server's log store is stalled")
	// ErrNoWord is why a leader gives up handing over.
	ErrNoWord = errors.New("the server that is to lead does not answer")
)

// State is what a Transport reads of its Raft instance: *raft.Raft has it.
type State interface {
	State() raft.RaftState
	CurrentTerm() uint64
	CommitIndex() uint64
}

// Options configure the transport of one group.
type Options struct {
	Group uint32
	// Hold is how long a heartbeat may wait for those of other groups to join it: far
	// less than the time after which followers miss it. At most peer.HoldMax; 0 is not at all.
	Hold time.Duration
	// Stalled reports whether the log store hangs: then heartbeats are neither sent
	// nor answered at once, so that another server may lead. Nil is never.
	Stalled func() bool
	// Votes reports whether this server takes part in elections: otherwise it is not asked
	// for its vote, nor to stand. Nil is always.
	Votes func() bool
	// Settled reports whether this server leads in a term and has committed an entry of
	// it, so that its commit index covers what earlier leaders committed. Nil is always.
	Settled func(term uint64) bool
	// OnTold is called for each message in which a settled leader tells its commit
	// index, with the moment it arrived. It must not block.
	OnTold func(commit uint64, at time.Time)
	// OnContact is called after each answer of a peer. It must not block.
	OnContact func()
	// OnGone is told that nobody listens any more where a peer was reached: its process
	// has ended. It may be told again and again, and must not block.
	OnGone func(peer raft.ServerID)
	// Install is asked to send a snapshot by calling send, which it may do later or not
	// at all; nil does it at once.
	Install func(ctx context.Context, to raft.ServerID, index uint64, send func() error) error
	// Durable is asked before a successful answer to entries leaves this server, or is
	// given to Raft: it calls pass once this server's log has everything up to index,
	// in the order in which it was asked. Nil passes at once, which is right for a
	// store that returns when it has synced. Heartbeats never wait.
	Durable func(index uint64, pass func())
}

// Peer is what the answers of one server have shown.
type Peer struct {
	Contact time.Time // when the last request was sent that it answered in our term
	Match   uint64    // up to this index its log is ours
	Term    uint64    // the term in which it so answered
}

// contact is what a group knows of a peer.
type contact struct {
	Peer
	sent     uint64 // up to this index entries were sent to it
	sentTerm uint64 // in this term
	nudge    nudge
}

// Transport is the raft.Transport of one group.
type Transport struct {
	hub      *Hub
	options  Options
	id       raft.ServerID
	rpcs     chan raft.RPC
	mailbox  chan raft.RPC
	inbox    inbox
	state    atomic.Pointer[State]
	muted    atomic.Bool
	silent   chan struct{}
	ctx      context.Context // ends with Close
	cancel   context.CancelFunc
	shut     sync.Once
	hush     sync.Once
	routines sync.WaitGroup
	mu       struct {
		sync.Mutex
		closed bool
		peers  map[raft.ServerID]*contact
	}
}

var (
	_ raft.Transport   = (*Transport)(nil)
	_ raft.WithPreVote = (*Transport)(nil)
	_ raft.WithClose   = (*Transport)(nil)
)

// Open starts the transport of one group; a second one of a group takes the place of
// the first.
func (h *Hub) Open(o Options) *Transport {
	if o.Stalled == nil {
		o.Stalled = func() bool { return false }
	}
	if o.Votes == nil {
		o.Votes = func() bool { return true }
	}
	if o.Settled == nil {
		o.Settled = func(uint64) bool { return true }
	}
	if o.OnTold == nil {
		o.OnTold = func(uint64, time.Time) {}
	}
	if o.OnContact == nil {
		o.OnContact = func() {}
	}
	if o.OnGone == nil {
		o.OnGone = func(raft.ServerID) {}
	}
	if o.Install == nil {
		o.Install = func(_ context.Context, _ raft.ServerID, _ uint64, send func() error) error { return send() }
	}
	if o.Durable == nil {
		o.Durable = func(_ uint64, pass func()) { pass() }
	}
	t := &Transport{
		hub:     h,
		options: o,
		id:      raft.ServerID(h.options.Node),
		rpcs:    make(chan raft.RPC),
		mailbox: make(chan raft.RPC, 1),
		silent:  make(chan struct{}),
	}
	t.inbox.queue = make(chan *inbound, inboxMax)
	t.ctx, t.cancel = context.WithCancel(context.Background())
	t.mu.peers = map[raft.ServerID]*contact{}
	t.routines.Go(t.pump)
	h.change(func(groups map[uint32]*Transport) { groups[o.Group] = t })
	return t
}

// Bind names the Raft instance whose heartbeats may be answered at once.
func (t *Transport) Bind(s State) { t.state.Store(&s) }

// Consumer returns the channel from which Raft's main loop takes requests.
func (t *Transport) Consumer() <-chan raft.RPC { return t.rpcs }

// LocalAddr is the node id: the name under which Raft knows this server.
func (t *Transport) LocalAddr() raft.ServerAddress { return raft.ServerAddress(t.id) }

// EncodePeer makes the node id the address, whatever the configuration holds.
func (t *Transport) EncodePeer(id raft.ServerID, _ raft.ServerAddress) []byte { return []byte(id) }

// DecodePeer undoes EncodePeer.
func (t *Transport) DecodePeer(b []byte) raft.ServerAddress { return raft.ServerAddress(b) }

// SetHeartbeatHandler ignores Raft's own handler: it would change Raft's state
// outside the main loop.
func (t *Transport) SetHeartbeatHandler(func(raft.RPC)) {}

// Mute makes this server lead and stand for election no more, until Unmute or Close: it
// refuses to send entries, heartbeats and requests for votes.
func (t *Transport) Mute() { t.muted.Store(true) }

// Unmute takes Mute back, not Silence.
func (t *Transport) Unmute() { t.muted.Store(t.quiet()) }

// Stand makes this server stand for election at once, without asking first whether the
// others would vote, as if the leader had handed over to it. It returns when Raft's main
// loop has taken that.
func (t *Transport) Stand() {
	if t.muted.Load() || t.options.Stalled() || !t.options.Votes() {
		return
	}
	own := raft.RPCHeader{ProtocolVersion: raft.ProtocolVersionMax, ID: []byte(t.id), Addr: []byte(t.id)}
	_ = t.deliver(raft.RPC{Command: &raft.TimeoutNowRequest{RPCHeader: own}, RespChan: make(chan raft.RPCResponse, 1)}) // muted meanwhile
}

// Silence mutes this server and delivers nothing more to Raft.
func (t *Transport) Silence() {
	t.Mute()
	t.hush.Do(func() { close(t.silent) })
}

// Peer returns what is known of a peer; the zero Peer when nothing is.
func (t *Transport) Peer(id raft.ServerID) Peer {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.mu.peers[id]; c != nil {
		return c.Peer
	}
	return Peer{}
}

// Follower returns up to where the log of a peer is known to agree with ours in this
// term; false while this server does not lead.
func (t *Transport) Follower(id raft.ServerID) (match uint64, leading bool) {
	state := t.state.Load()
	if state == nil || (*state).State() != raft.Leader {
		return 0, false
	}
	if p := t.Peer(id); p.Term == (*state).CurrentTerm() {
		match = p.Match
	}
	return match, true
}

// contact returns what is known of a peer; the lock is held.
func (t *Transport) contact(id raft.ServerID) *contact {
	c := t.mu.peers[id]
	if c == nil {
		c = &contact{}
		c.nudge.t, c.nudge.to = t, id
		t.mu.peers[id] = c
	}
	return c
}

// Close ends what the group has under way and waits for the transport's own
// goroutines.
func (t *Transport) Close() error {
	t.shut.Do(func() {
		t.Silence()
		t.hub.change(func(groups map[uint32]*Transport) {
			if groups[t.options.Group] == t {
				delete(groups, t.options.Group)
			}
		})
		t.mu.Lock()
		t.mu.closed = true
		t.mu.Unlock()
		t.cancel()
		t.routines.Wait()
	})
	return nil
}

// run starts a goroutine that Close waits for; false once the transport is closed.
func (t *Transport) run(f func()) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.mu.closed {
		return false
	}
	t.routines.Go(f)
	return true
}

// leads reports whether this server leads in a term.
func (t *Transport) leads(term uint64) bool {
	state := t.state.Load()
	return state == nil || (*state).State() == raft.Leader && (*state).CurrentTerm() == term
}

// answered notes what the answer of a peer shows. An answer in a later term shows
// that we lead no more, and counts for nothing. match is 0 for a heartbeat.
func (t *Transport) answered(id raft.ServerID, sent time.Time, term, match uint64, f *frame.Frame) {
	if f.Term > term {
		return
	}
	t.mu.Lock()
	c := t.contact(id)
	if c.Term != term {
		c.Peer = Peer{Term: term}
	}
	if sent.After(c.Contact) {
		c.Contact = sent
	}
	if f.Flags&frame.Yes != 0 {
		c.Match = max(c.Match, match)
	}
	t.mu.Unlock()
	t.options.OnContact()
}
