package simnet

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// packetsMax bounds the packets that wait at a socket; more are dropped.
const packetsMax = 1024

// packet is one datagram.
type packet struct {
	from netip.AddrPort
	data []byte
}

// packetConn is the UDP side of a port.
type packetConn struct {
	host  *Host
	addr  netip.AddrPort
	queue chan packet
	done  chan struct{}
	once  sync.Once

	deadline time.Time     // guarded by the Net's lock
	changed  chan struct{} // closed and replaced with the deadline
}

var _ net.PacketConn = (*packetConn)(nil)

// ReadFrom implements net.PacketConn. What does not fit into b is lost, as with UDP.
func (p *packetConn) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		p.host.net.mu.Lock()
		deadline, changed := p.deadline, p.changed
		p.host.net.mu.Unlock()
		var due <-chan time.Time
		var timer *time.Timer
		if !deadline.IsZero() {
			timer = time.NewTimer(time.Until(deadline))
			due = timer.C
		}
		var again bool
		var got packet
		var err error
		select {
		case got = <-p.queue:
		case <-p.done:
			err = net.ErrClosed
		case <-due:
			err = os.ErrDeadlineExceeded
		case <-changed:
			again = true
		}
		if timer != nil {
			timer.Stop()
		}
		if !again {
			return copy(b, got.data), net.UDPAddrFromAddrPort(got.from), err
		}
	}
}

// WriteTo implements net.PacketConn. A packet to nobody is lost without a word.
func (p *packetConn) WriteTo(b []byte, addr net.Addr) (int, error) {
	n := p.host.net
	n.mu.Lock()
	defer n.mu.Unlock()
	select {
	case <-p.done:
		return 0, net.ErrClosed
	default:
	}
	to, port, err := n.find(addr.String())
	if err != nil {
		return 0, err
	}
	if to == nil || n.isBlocked(p.host, to) {
		return len(b), nil
	}
	sent := packet{p.addr, append([]byte(nil), b...)}
	for range n.copies(p.host, to) {
		time.AfterFunc(n.delay(p.host, to), func() { n.deliver(p.host, to, port, sent) })
	}
	return len(b), nil
}

// deliver puts a packet into the queue of its socket, if there is still one, a link
// and room.
func (n *Net) deliver(from, to *Host, port uint16, sent packet) {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := to.sockets[port]
	if p == nil || n.isBlocked(from, to) {
		return
	}
	select {
	case p.queue <- sent:
	default:
	}
}

// Close implements net.PacketConn.
func (p *packetConn) Close() error {
	p.host.net.mu.Lock()
	defer p.host.net.mu.Unlock()
	p.end()
	return nil
}

// end closes the socket; the Net's lock is held.
func (p *packetConn) end() {
	p.once.Do(func() { close(p.done) })
	if p.host.sockets[p.addr.Port()] == p {
		delete(p.host.sockets, p.addr.Port())
	}
}

// LocalAddr implements net.PacketConn.
func (p *packetConn) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(p.addr) }

// SetDeadline implements net.PacketConn.
func (p *packetConn) SetDeadline(t time.Time) error { return p.SetReadDeadline(t) }

// SetReadDeadline implements net.PacketConn.
func (p *packetConn) SetReadDeadline(t time.Time) error {
	p.host.net.mu.Lock()
	defer p.host.net.mu.Unlock()
	p.deadline = t
	close(p.changed)
	p.changed = make(chan struct{})
	return nil
}

// SetWriteDeadline implements net.PacketConn; writing never waits.
func (p *packetConn) SetWriteDeadline(time.Time) error { return nil }
