package peer

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"roster"
	"roster/shard/link/frame"
	"roster/transport"
)

const (
	// Timeout bounds one exchange with a peer.
	Timeout = 5 * time.Second
	// dialTimeout bounds how long requests wait for a connection.
	dialTimeout = 2 * time.Second
	// snapshotsMax is how many snapshots may arrive at the same time.
	snapshotsMax = 64
	// acceptPause is how long to wait after a fault of a listener.
	acceptPause = 50 * time.Millisecond
)

// Network hands out the connections between nodes: *transport.Transport does.
type Network interface {
	Listener(lane transport.Lane) net.Listener
	Dial(ctx context.Context, addr string, lane transport.Lane) (net.Conn, error)
}

// Options configure Peers. Network and Node must be set.
type Options struct {
	Network Network
	Node    roster.NodeID
	// AddressOf resolves a node for Network.Dial, each time anew, so that a node may come
	// back under another address. Nil: Network.Dial takes the node id itself.
	AddressOf func(roster.NodeID) (string, bool)
	// Logger gets what happens to connections; nil discards it.
	Logger *slog.Logger
	// Now reads a monotonic clock; nil is time.Now.
	Now func() time.Time
}

// Handler answers what peers ask.
type Handler interface {
	// Serve takes one request. It runs on the goroutine of the connection's reader, which
	// uses f again afterwards, and must not block. False: there is no such request.
	Serve(from *Served, f *frame.Frame) bool
	// Install takes a snapshot, of which the rest of the stream follows f in r, and
	// returns the answer.
	Install(conn net.Conn, r io.Reader, f *frame.Frame, from []byte) *frame.Frame
	// Gone is told at each dial that finds nobody listening where a peer is to be: its
	// process has ended, or not yet begun. It must not block.
	Gone(id raft.ServerID)
}

// Peers are the connections of a node with all others: one to each peer that is asked
// something, and one from each peer that asks.
type Peers struct {
	options   Options
	handler   Handler
	ctx       context.Context // ends with Close
	cancel    context.CancelFunc
	listeners []net.Listener
	routines  sync.WaitGroup // every goroutine of the peers
	mu        struct {
		sync.Mutex
		closed bool
		peers  map[raft.ServerID]*peer
		due    time.Time // when the heartbeats that wait leave; zero when none do
	}
}

// Open begins to take connections. It takes the listeners of its lanes.
func Open(o Options, handler Handler) *Peers {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.AddressOf == nil {
		o.AddressOf = func(id roster.NodeID) (string, bool) { return string(id), true }
	}
	h := &Peers{options: o, handler: handler}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	h.mu.peers = map[raft.ServerID]*peer{}
	frames, snapshots := o.Network.Listener(transport.LaneRaft), o.Network.Listener(transport.LaneSnapshot)
	h.listeners = []net.Listener{frames, snapshots}
	h.routines.Go(func() { h.accept(frames, h.serve) })
	room := make(chan struct{}, snapshotsMax)
	h.routines.Go(func() {
		h.accept(snapshots, func(c net.Conn) {
			select {
			case room <- struct{}{}:
				h.install(c)
				<-room
			default:
				_ = c.Close()
			}
		})
	})
	return h
}

// Close ends every connection and returns when all goroutines have ended.
func (h *Peers) Close() error {
	h.mu.Lock()
	h.mu.closed = true
	h.mu.Unlock()
	h.cancel()
	var errs []error
	for _, l := range h.listeners {
		errs = append(errs, l.Close())
	}
	h.routines.Wait()
	return errors.Join(errs...)
}

// Ask queues a request to a peer, dialling it if need be, and returns the connection
// that carries it. w is told of the answer, or why there is none; not when Ask fails.
func (h *Peers) Ask(to raft.ServerID, f *frame.Frame, w Waiter) (*Conn, error) {
	c, err := h.peer(to).conn()
	if err != nil {
		return nil, err
	}
	return c, c.Ask(f, w)
}

// Tell queues a word to a peer that is connected already; false when it is not.
func (h *Peers) Tell(to raft.ServerID, w Word) bool {
	c := h.peer(to).alive()
	return c != nil && c.tell(out{word: w}) == nil
}

// Dial opens a connection for a snapshot. What the peer answers is read from r.
func (h *Peers) Dial(ctx context.Context, to raft.ServerID) (conn net.Conn, r *bufio.Reader, err error) {
	return h.peer(to).dial(ctx, transport.LaneSnapshot)
}

// run starts a goroutine that Close waits for; false, and nothing starts, once the
// peers are closed.
func (h *Peers) run(f func()) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.mu.closed {
		return false
	}
	h.routines.Go(f)
	return true
}

// accept gives each connection to a goroutine of its own, until the listener ends.
func (h *Peers) accept(l net.Listener, serve func(net.Conn)) {
	for {
		c, err := l.Accept()
		switch {
		case err == nil:
			if !h.run(func() { serve(c) }) {
				_ = c.Close()
			}
		case errors.Is(err, net.ErrClosed) || h.ctx.Err() != nil:
			return
		default:
			Pause(h.ctx, acceptPause)
		}
	}
}

// Pause waits, but not longer than ctx.
func Pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// peer returns the peer with an id.
func (h *Peers) peer(id raft.ServerID) *peer {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.mu.peers[id]
	if p == nil {
		p = &peer{all: h, id: id}
		h.mu.peers[id] = p
	}
	return p
}
