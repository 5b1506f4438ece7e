package link

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"

	"roster"
)

const (
	// ioTimeout bounds one exchange with a peer, and the dial before it.
	ioTimeout = 5 * time.Second
	// poolMax is how many idle connections to a peer are kept: one for heartbeats,
	// one for entries, one for votes.
	poolMax = 3
	// handOverMax bounds how long a leader waits for the word of the node that it hands
	// over to: Raft takes no entry meanwhile.
	handOverMax = 250 * time.Millisecond
)

// The reasons for which a Transport refuses to send.
var (
	ErrMuted   = errors.New("this server is muted")
	ErrStalled = errors.New("this server's log store is stalled")
	// ErrNoWord is why a leader gives up handing over.
	ErrNoWord = errors.New("the server that is to lead does not answer")
)

// Network hands out the connections of Raft groups. Dial takes a node id as addr.
type Network interface {
	GroupListener(group uint32) net.Listener
	Dial(ctx context.Context, addr string, group uint32) (net.Conn, error)
}

// State is what a Transport reads of its Raft instance: *raft.Raft has it.
type State interface {
	State() raft.RaftState
	CurrentTerm() uint64
}

// Options configure a Transport.
type Options struct {
	Network Network
	Group   uint32
	Node    roster.NodeID
	Logger  hclog.Logger
	// Now reads a monotonic clock; nil is time.Now.
	Now func() time.Time
	// Stalled reports whether the log store hangs: then heartbeats are neither sent
	// nor answered at once, so that another server may lead. Nil is never.
	Stalled func() bool
	// OnTold is called for each message in which the leader tells its commit index,
	// with the moment it arrived. It must not block.
	OnTold func(commit uint64, at time.Time)
	// OnContact is called after each answer of a peer. It must not block.
	OnContact func()
}

// Peer is what the answers of one server have shown.
type Peer struct {
	Contact time.Time // when the last request was sent that it answered in our term
	Match   uint64    // up to this index its log is ours
	Term    uint64    // the term in which it so answered
}

// Transport is the raft.Transport of one group.
type Transport struct {
	*raft.NetworkTransport
	options  Options
	rpcs     chan raft.RPC
	mailbox  chan raft.RPC
	state    atomic.Pointer[State]
	muted    atomic.Bool
	silent   chan struct{}
	closed   chan struct{}
	shut     sync.Once
	hush     sync.Once
	routines sync.WaitGroup
	mu       struct {
		sync.Mutex
		peers  map[raft.ServerID]Peer
		closed bool
	}
}

var (
	_ raft.Transport   = (*Transport)(nil)
	_ raft.WithPreVote = (*Transport)(nil)
	_ raft.WithClose   = (*Transport)(nil)
)

// Open starts the transport of one group. It takes the group's listener.
func Open(o Options) *Transport {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Stalled == nil {
		o.Stalled = func() bool { return false }
	}
	if o.OnTold == nil {
		o.OnTold = func(uint64, time.Time) {}
	}
	if o.OnContact == nil {
		o.OnContact = func() {}
	}
	if o.Logger == nil {
		o.Logger = hclog.NewNullLogger()
	}
	t := &Transport{
		options: o,
		rpcs:    make(chan raft.RPC),
		mailbox: make(chan raft.RPC, 1),
		silent:  make(chan struct{}),
		closed:  make(chan struct{}),
	}
	t.mu.peers = map[raft.ServerID]Peer{}
	t.NetworkTransport = raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{
		Stream:                  newStreams(o.Network, o.Group, o.Node),
		ServerAddressProvider:   byID{},
		Logger:                  o.Logger,
		MaxPool:                 poolMax,
		MaxRPCsInFlight:         1, // its pipeline can hang for ever (hashicorp/raft issue 612)
		Timeout:                 ioTimeout,
		MsgpackUseNewTimeFormat: true,
	})
	t.NetworkTransport.SetHeartbeatHandler(t.heartbeat)
	t.routines.Go(func() { t.pump(t.NetworkTransport.Consumer()) })
	t.routines.Go(func() { t.pump(t.mailbox) })
	return t
}

// byID makes the node id the address, whatever the configuration holds.
type byID struct{}

func (byID) ServerAddr(id raft.ServerID) (raft.ServerAddress, error) {
	return raft.ServerAddress(id), nil
}

// Bind names the Raft instance whose heartbeats may be answered at once.
func (t *Transport) Bind(s State) { t.state.Store(&s) }

// Consumer returns the channel from which Raft's main loop takes requests.
func (t *Transport) Consumer() <-chan raft.RPC { return t.rpcs }

// SetHeartbeatHandler ignores Raft's own handler: it would change Raft's state
// outside the main loop.
func (t *Transport) SetHeartbeatHandler(func(raft.RPC)) {}

// Mute makes this server lead and stand for election no more, until Close: it
// refuses to send entries, heartbeats and requests for votes.
func (t *Transport) Mute() { t.muted.Store(true) }

// Silence mutes this server and delivers nothing more to Raft.
func (t *Transport) Silence() {
	t.Mute()
	t.hush.Do(func() { close(t.silent) })
}

// Peer returns what is known of a peer; the zero Peer when nothing is.
func (t *Transport) Peer(id raft.ServerID) Peer {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.mu.peers[id]
}

// Close ends every connection of the group and waits for the transport's own
// goroutines.
func (t *Transport) Close() error {
	var err error
	t.shut.Do(func() {
		t.Silence()
		t.mu.Lock()
		t.mu.closed = true
		t.mu.Unlock()
		close(t.closed)
		err = t.NetworkTransport.Close()
		t.NetworkTransport.CloseStreams()
		t.routines.Wait()
	})
	return err
}

// AppendEntries sends entries or a heartbeat.
func (t *Transport) AppendEntries(id raft.ServerID, target raft.ServerAddress, args *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse) error {
	if t.muted.Load() {
		return ErrMuted
	}
	if isHeartbeat(args) && t.options.Stalled() {
		return ErrStalled
	}
	sent := t.options.Now()
	if err := t.NetworkTransport.AppendEntries(id, target, args, resp); err != nil {
		return err
	}
	t.answered(id, sent, args, resp)
	return nil
}

// InstallSnapshot sends a snapshot.
func (t *Transport) InstallSnapshot(id raft.ServerID, target raft.ServerAddress, args *raft.InstallSnapshotRequest, resp *raft.InstallSnapshotResponse, data io.Reader) error {
	if t.muted.Load() {
		return ErrMuted
	}
	return t.NetworkTransport.InstallSnapshot(id, target, args, resp, data)
}

// RequestVote asks for a vote.
func (t *Transport) RequestVote(id raft.ServerID, target raft.ServerAddress, args *raft.RequestVoteRequest, resp *raft.RequestVoteResponse) error {
	if t.muted.Load() {
		return ErrMuted
	}
	return t.NetworkTransport.RequestVote(id, target, args, resp)
}

// RequestPreVote asks whether a vote would be given.
func (t *Transport) RequestPreVote(id raft.ServerID, target raft.ServerAddress, args *raft.RequestPreVoteRequest, resp *raft.RequestPreVoteResponse) error {
	if t.muted.Load() {
		return ErrMuted
	}
	return t.NetworkTransport.RequestPreVote(id, target, args, resp)
}

// TimeoutNow asks a server to stand for election at once. It does not wait for one that
// has just died: the request may still arrive, which does no harm.
func (t *Transport) TimeoutNow(id raft.ServerID, target raft.ServerAddress, args *raft.TimeoutNowRequest, resp *raft.TimeoutNowResponse) error {
	if t.muted.Load() {
		return ErrMuted
	}
	type word struct {
		raft.TimeoutNowResponse
		err error
	}
	heard := make(chan word, 1)
	t.mu.Lock()
	if !t.mu.closed { // else Close may already have waited for the last one
		t.routines.Go(func() {
			var w word
			w.err = t.NetworkTransport.TimeoutNow(id, target, args, &w.TimeoutNowResponse)
			heard <- w
		})
	}
	t.mu.Unlock()
	late := time.NewTimer(handOverMax)
	defer late.Stop()
	select {
	case w := <-heard:
		*resp = w.TimeoutNowResponse
		return w.err
	case <-late.C:
		return ErrNoWord
	}
}

// answered notes what the answer of a peer shows. An answer in a later term shows
// that we lead no more, and counts for nothing.
func (t *Transport) answered(id raft.ServerID, sent time.Time, args *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse) {
	if resp.Term > args.Term {
		return
	}
	t.mu.Lock()
	p := t.mu.peers[id]
	if p.Term != args.Term {
		p = Peer{Term: args.Term}
	}
	if sent.After(p.Contact) {
		p.Contact = sent
	}
	if resp.Success && !isHeartbeat(args) {
		p.Match = max(p.Match, args.PrevLogEntry+uint64(len(args.Entries)))
	}
	t.mu.peers[id] = p
	t.mu.Unlock()
	t.options.OnContact()
}
