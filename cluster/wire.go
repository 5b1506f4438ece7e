package cluster

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"

	"roster"
)

// wire is memberlist's transport over the sockets that the cluster was given.
type wire struct {
	c       *Config
	ip      net.IP // advertised
	port    int
	packets chan *memberlist.Packet
	streams chan net.Conn
	ctx     context.Context // ends with Shutdown
	cancel  context.CancelFunc
	wg      sync.WaitGroup
	dropped func()

	mu struct {
		sync.Mutex
		closed  bool
		conns   map[*wireConn]struct{}
		attempt map[string]attempt // addresses that a Join is trying, and what came of it
	}
}

// attempt is what dialling an address came to: memberlist keeps only the text of an
// error, and not who answered.
type attempt struct {
	peer roster.NodeID
	err  error
}

// wireConn is a stream that Shutdown ends.
type wireConn struct {
	net.Conn
	accepted bool
	w        *wire
}

// Close implements net.Conn.
func (c *wireConn) Close() error {
	c.w.mu.Lock()
	delete(c.w.mu.conns, c)
	c.w.mu.Unlock()
	return c.Conn.Close()
}

var _ memberlist.NodeAwareTransport = (*wire)(nil)

func newWire(c *Config, advertise netip.AddrPort, dropped func()) *wire {
	w := &wire{
		c: c, ip: net.IP(advertise.Addr().AsSlice()), port: int(advertise.Port()), dropped: dropped,
		packets: make(chan *memberlist.Packet, packetsMax), streams: make(chan net.Conn),
	}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.mu.conns = make(map[*wireConn]struct{})
	w.mu.attempt = make(map[string]attempt)
	w.wg.Go(w.receive)
	w.wg.Go(w.accept)
	return w
}

// receive passes packets on. memberlist that cannot keep up loses packets, as it
// would on a busy network.
func (w *wire) receive() {
	buf := make([]byte, packetBytesMax)
	for {
		n, from, err := w.c.Packets.ReadFrom(buf)
		if err != nil {
			if errors.Is(err, net.ErrClosed) || w.ctx.Err() != nil {
				return
			}
			continue
		}
		p := &memberlist.Packet{Buf: append([]byte(nil), buf[:n]...), From: from, Timestamp: time.Now()}
		if n == 0 {
			continue
		}
		select {
		case w.packets <- p:
		default:
			w.dropped()
		}
	}
}

// accept passes streams on until the listener is closed.
func (w *wire) accept() {
	for {
		raw, err := w.c.Streams.Accept()
		if err != nil {
			return
		}
		conn := w.adopt(raw, true)
		if conn == nil {
			return
		}
		select {
		case w.streams <- conn:
		case <-w.ctx.Done():
			_ = conn.Close()
			return
		}
	}
}

// adopt keeps track of a stream; nil, and raw is closed, once the wire is shut down.
func (w *wire) adopt(raw net.Conn, accepted bool) *wireConn {
	c := &wireConn{Conn: raw, accepted: accepted, w: w}
	w.mu.Lock()
	closed := w.mu.closed
	if !closed {
		w.mu.conns[c] = struct{}{}
	}
	w.mu.Unlock()
	if closed {
		_ = raw.Close()
		return nil
	}
	return c
}

// acceptedFrom reports whether a stream that came in from address is open.
func (w *wire) acceptedFrom(address string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.mu.conns {
		if c.accepted && c.RemoteAddr().String() == address {
			return true
		}
	}
	return false
}

// FinalAdvertiseAddr implements memberlist.Transport.
func (w *wire) FinalAdvertiseAddr(string, int) (net.IP, int, error) { return w.ip, w.port, nil }

// WriteTo implements memberlist.Transport.
func (w *wire) WriteTo(b []byte, addr string) (time.Time, error) {
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return time.Time{}, err
	}
	_, err = w.c.Packets.WriteTo(b, net.UDPAddrFromAddrPort(to))
	return time.Now(), err
}

// WriteToAddress implements memberlist.NodeAwareTransport.
func (w *wire) WriteToAddress(b []byte, addr memberlist.Address) (time.Time, error) {
	return w.WriteTo(b, addr.Addr)
}

// PacketCh implements memberlist.Transport.
func (w *wire) PacketCh() <-chan *memberlist.Packet { return w.packets }

// StreamCh implements memberlist.Transport.
func (w *wire) StreamCh() <-chan net.Conn { return w.streams }

// DialTimeout implements memberlist.Transport.
func (w *wire) DialTimeout(addr string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(w.ctx, timeout)
	defer cancel()
	raw, err := w.c.Dial(ctx, addr)
	w.record(addr, raw, err)
	if err != nil {
		return nil, err
	}
	c := w.adopt(raw, false)
	if c == nil {
		return nil, net.ErrClosed
	}
	return c, nil
}

// DialAddressTimeout implements memberlist.NodeAwareTransport.
func (w *wire) DialAddressTimeout(addr memberlist.Address, timeout time.Duration) (net.Conn, error) {
	return w.DialTimeout(addr.Addr, timeout)
}

// watch begins to remember what dialling addr comes to; watched ends that.
func (w *wire) watch(addr string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mu.attempt[addr] = attempt{}
}

func (w *wire) watched(addr string) attempt {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.mu.attempt[addr]
	delete(w.mu.attempt, addr)
	return a
}

func (w *wire) record(addr string, conn net.Conn, err error) {
	a := attempt{err: err}
	if err == nil && w.c.Peer != nil {
		a.peer, _ = w.c.Peer(conn)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, watched := w.mu.attempt[addr]; watched {
		w.mu.attempt[addr] = a
	}
}

// Shutdown implements memberlist.Transport.
func (w *wire) Shutdown() error { return w.end() }

// end closes the sockets and every stream. Ending again does nothing.
func (w *wire) end() error {
	w.mu.Lock()
	if w.mu.closed {
		w.mu.Unlock()
		return nil
	}
	w.mu.closed = true
	var conns []*wireConn
	for c := range w.mu.conns {
		conns = append(conns, c)
	}
	w.mu.Unlock()
	w.cancel()
	var err error
	for _, socket := range []io.Closer{w.c.Packets, w.c.Streams} {
		if closeErr := socket.Close(); !errors.Is(closeErr, net.ErrClosed) { // else its maker was faster
			err = errors.Join(err, closeErr)
		}
	}
	for _, c := range conns {
		_ = c.Close()
	}
	w.wg.Wait()
	return err
}
