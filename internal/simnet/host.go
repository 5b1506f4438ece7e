package simnet

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"roster/transport"
)

// firstPort is the first port that port 0 chooses.
const firstPort = 20000

// backlogMax bounds the connections that wait for Accept; more are refused.
const backlogMax = 128

// Host is one machine. Its maps are guarded by the Net's lock.
type Host struct {
	net       *Net
	ip        netip.Addr
	nextPort  uint16
	listeners map[uint16]*listener
	sockets   map[uint16]*packetConn
}

var _ transport.Network = (*Host)(nil)

// IP returns the host's address.
func (h *Host) IP() string { return h.ip.String() }

// Listen implements transport.Network. The host part of addr may be empty, the
// unspecified address or the host's own.
func (h *Host) Listen(_ context.Context, addr string) (net.Listener, net.PacketConn, error) {
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, nil, err
	}
	if host != "" && host != "0.0.0.0" && host != "::" && host != h.IP() {
		return nil, nil, fmt.Errorf("simnet: %s cannot listen on %s: %w", h.IP(), addr, syscall.EADDRNOTAVAIL)
	}
	want, err := netip.ParseAddrPort("0.0.0.0:" + portText)
	if err != nil {
		return nil, nil, err
	}
	h.net.mu.Lock()
	defer h.net.mu.Unlock()
	port := want.Port()
	for port == 0 || want.Port() == 0 && h.taken(port) {
		port = h.nextPort
		h.nextPort++
	}
	if h.taken(port) {
		return nil, nil, fmt.Errorf("simnet: listen on %s: %w", addr, syscall.EADDRINUSE)
	}
	at := netip.AddrPortFrom(h.ip, port)
	l := &listener{host: h, addr: at, backlog: make(chan *conn, backlogMax), done: make(chan struct{})}
	p := &packetConn{host: h, addr: at, queue: make(chan packet, packetsMax), done: make(chan struct{}), changed: make(chan struct{})}
	h.listeners[port], h.sockets[port] = l, p
	return l, p, nil
}

func (h *Host) taken(port uint16) bool { return h.listeners[port] != nil || h.sockets[port] != nil }

// Dial implements transport.Network. It takes a round trip; while the link is cut it
// waits, and a host that is not there never answers.
func (h *Host) Dial(ctx context.Context, addr string) (net.Conn, error) {
	fail := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: fmt.Errorf("%s: %w", addr, err)}
	}
	for {
		h.net.mu.Lock()
		to, port, err := h.net.find(addr)
		if err != nil {
			h.net.mu.Unlock()
			return fail(err)
		}
		changed := h.net.mu.changed
		var trip <-chan time.Time
		if to != nil && !h.net.isBlocked(h, to) && !h.net.isBlocked(to, h) {
			timer := time.NewTimer(h.net.delay(h, to) + h.net.delay(to, h))
			defer timer.Stop() // few rounds: one more for each change of the links
			trip = timer.C
		}
		h.net.mu.Unlock()
		select {
		case <-changed: // begin again: the request may be lost, or get through now
		case <-ctx.Done():
			return fail(ctx.Err())
		case <-trip:
			c, err := h.net.connect(h, to, port)
			if err != nil {
				return fail(err)
			}
			return c, nil
		}
	}
}

// connect makes the two ends of a connection and queues one at the listener.
func (n *Net) connect(from, to *Host, port uint16) (*conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	l := to.listeners[port]
	if l == nil || len(l.backlog) == cap(l.backlog) {
		return nil, syscall.ECONNREFUSED
	}
	source := netip.AddrPortFrom(from.ip, from.nextPort)
	from.nextPort++
	near := &conn{net: n, local: from, remote: to, localAddr: source, remoteAddr: l.addr, changed: make(chan struct{})}
	far := &conn{net: n, local: to, remote: from, localAddr: l.addr, remoteAddr: source, changed: make(chan struct{})}
	near.peer, far.peer = far, near
	n.mu.conns[near], n.mu.conns[far] = struct{}{}, struct{}{}
	l.backlog <- far // there is room: only connect, under the lock, fills it
	return near, nil
}

// listener is the TCP side of a port.
type listener struct {
	host    *Host
	addr    netip.AddrPort
	backlog chan *conn
	done    chan struct{}
	once    sync.Once
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case <-l.done:
		return nil, net.ErrClosed
	default:
	}
	select {
	case c := <-l.backlog:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *listener) Close() error {
	l.host.net.mu.Lock()
	defer l.host.net.mu.Unlock()
	l.end()
	return nil
}

// end closes the listener and what nobody accepted; the Net's lock is held.
func (l *listener) end() {
	l.once.Do(func() { close(l.done) })
	if l.host.listeners[l.addr.Port()] == l {
		delete(l.host.listeners, l.addr.Port())
	}
	for {
		select {
		case c := <-l.backlog:
			c.end(true)
		default:
			return
		}
	}
}

// Addr implements net.Listener.
func (l *listener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.addr) }
