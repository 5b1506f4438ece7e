package transport

import (
	"net"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"roster"
	"roster/transport/greeting"
)

// laneConn is an authenticated connection. The transport knows of it until it is
// closed, so that Close can end it.
type laneConn struct {
	net.Conn
	peer      roster.NodeID
	clusterID string // which the peer belongs to; "" where it does not say
	accepted  bool
	in, out   prometheus.Counter
	once      sync.Once
	forget    func(*laneConn)
}

// Peer returns the node at the other end of a connection that came from Dial or
// from a Listener.
func Peer(c net.Conn) (roster.NodeID, bool) {
	l, ok := c.(*laneConn)
	if !ok {
		return "", false
	}
	return l.peer, true
}

// Read implements net.Conn.
func (c *laneConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.in.Add(float64(n))
	return n, err
}

// Write implements net.Conn.
func (c *laneConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.out.Add(float64(n))
	return n, err
}

// Close implements net.Conn. Closing again does nothing.
func (c *laneConn) Close() error {
	var err error
	c.once.Do(func() {
		err = c.Conn.Close()
		c.forget(c)
	})
	return err
}

// adopt makes raw a connection that Close ends. An accepted one is nil, true when
// the transport has ConnsMax of them already; nil, false means that it is closed. In
// both cases raw is left to the caller.
func (t *Transport) adopt(raw net.Conn, lane Lane, peer greeting.Peer, isAccepted bool) (c *laneConn, full bool) {
	c = &laneConn{Conn: raw, peer: peer.Node, clusterID: peer.ClusterID, accepted: isAccepted, in: t.metrics.bytesIn[lane], out: t.metrics.bytesOut[lane], forget: t.forget}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.mu.closed, greeting.Apart(peer.ClusterID, t.mu.cluster): // since the handshake began
		return nil, false
	case isAccepted && t.mu.accepted >= ConnsMax:
		return nil, true
	case isAccepted:
		t.mu.accepted++
	}
	t.mu.conns[c] = struct{}{}
	t.metrics.conns.Inc()
	return c, false
}

func (t *Transport) forget(c *laneConn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, known := t.mu.conns[c]; !known {
		return
	}
	delete(t.mu.conns, c)
	t.metrics.conns.Dec()
	if c.accepted {
		t.mu.accepted--
	}
}
