package link

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"roster"
)

// streams is the raft.StreamLayer of one group. Raft's transport does not close
// the connections that it accepted or pooled; Close here does.
type streams struct {
	net.Listener
	network Network
	group   uint32
	node    roster.NodeID
	ctx     context.Context
	cancel  context.CancelFunc
	mu      struct {
		sync.Mutex
		open   map[*conn]struct{}
		closed bool
	}
}

var _ raft.StreamLayer = (*streams)(nil)

func newStreams(network Network, group uint32, node roster.NodeID) *streams {
	s := &streams{Listener: network.GroupListener(group), network: network, group: group, node: node}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.mu.open = map[*conn]struct{}{}
	return s
}

// Accept waits for the next connection of the group.
func (s *streams) Accept() (net.Conn, error) { return s.track(s.Listener.Accept()) }

// Dial connects to a node by its id.
func (s *streams) Dial(target raft.ServerAddress, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(s.ctx, timeout)
	defer cancel()
	return s.track(s.network.Dial(ctx, string(target), s.group))
}

// Addr is the node id: the name under which Raft knows this server.
func (s *streams) Addr() net.Addr { return name(s.node) }

// Close ends the listener, dials under way and every connection.
func (s *streams) Close() error {
	s.cancel()
	err := s.Listener.Close()
	s.mu.Lock()
	s.mu.closed = true
	open := s.mu.open
	s.mu.open = nil
	s.mu.Unlock()
	for c := range open {
		_ = c.Conn.Close() // there is nobody left to tell
	}
	return err
}

func (s *streams) track(raw net.Conn, err error) (net.Conn, error) {
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: raw, streams: s}
	s.mu.Lock()
	closed := s.mu.closed
	if !closed {
		s.mu.open[c] = struct{}{}
	}
	s.mu.Unlock()
	if closed {
		_ = raw.Close() // came too late
		return nil, net.ErrClosed
	}
	return c, nil
}

// conn forgets itself when it is closed.
type conn struct {
	net.Conn
	streams *streams
}

func (c *conn) Close() error {
	c.streams.mu.Lock()
	delete(c.streams.mu.open, c)
	c.streams.mu.Unlock()
	return c.Conn.Close()
}

// name is a node id as a net.Addr.
type name string

func (name) Network() string  { return "roster" }
func (n name) String() string { return string(n) }
