package simnet

import (
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
)

// conn is one end of a connection. What the other end wrote waits in inbox, without
// a bound, until its time. All fields but the fixed ones are guarded by the Net's
// lock.
type conn struct {
	net                   *Net
	local, remote         *Host
	localAddr, remoteAddr netip.AddrPort
	peer                  *conn

	inbox                       []segment
	lastAt                      time.Time // of the newest segment: order is kept
	closed                      bool      // this end
	readDeadline, writeDeadline time.Time
	changed                     chan struct{} // closed and replaced when a reader should look again
}

// segment is some bytes on their way, or the end of the connection.
type segment struct {
	at   time.Time
	data []byte
	err  error // io.EOF or ECONNRESET: nothing follows
}

// wake makes a waiting reader look again; the Net's lock is held.
func (c *conn) wake() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// push queues a segment for c; the Net's lock is held.
func (c *conn) push(s segment) {
	if c.closed {
		return
	}
	s.at = time.Now().Add(c.net.delay(c.remote, c.local))
	if s.at.Before(c.lastAt) {
		s.at = c.lastAt
	}
	c.lastAt = s.at
	c.inbox = append(c.inbox, s)
	c.wake()
}

// Read implements net.Conn.
func (c *conn) Read(b []byte) (int, error) {
	for {
		n, wait, changed, err := c.tryRead(b)
		if n > 0 || err != nil || len(b) == 0 {
			return n, err
		}
		var due <-chan time.Time
		var timer *time.Timer
		if wait > 0 {
			timer = time.NewTimer(wait)
			due = timer.C
		}
		select {
		case <-changed:
		case <-due:
		}
		if timer != nil {
			timer.Stop()
		}
	}
}

// tryRead reads what is due. Without any, it says how long to wait (0: until
// changed) and what to watch.
func (c *conn) tryRead(b []byte) (n int, wait time.Duration, changed <-chan struct{}, err error) {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	now := time.Now()
	if c.closed {
		return 0, 0, nil, net.ErrClosed
	}
	if expired(c.readDeadline, now) {
		return 0, 0, nil, os.ErrDeadlineExceeded
	}
	next := c.readDeadline
	if len(c.inbox) > 0 && !c.net.isBlocked(c.remote, c.local) {
		head := &c.inbox[0]
		if !head.at.After(now) {
			if head.err != nil {
				return 0, 0, nil, head.err
			}
			n = copy(b, head.data)
			if head.data = head.data[n:]; len(head.data) == 0 {
				c.inbox = c.inbox[1:]
			}
			return n, 0, nil, nil
		}
		if next.IsZero() || head.at.Before(next) {
			next = head.at
		}
	}
	if !next.IsZero() {
		wait = next.Sub(now)
	}
	return 0, wait, c.changed, nil
}

func expired(deadline, now time.Time) bool { return !deadline.IsZero() && !deadline.After(now) }

// Write implements net.Conn. It never waits: the queue has no bound.
func (c *conn) Write(b []byte) (int, error) {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	switch {
	case c.closed:
		return 0, net.ErrClosed
	case expired(c.writeDeadline, time.Now()):
		return 0, os.ErrDeadlineExceeded
	case c.peer.closed && !c.net.isBlocked(c.local, c.remote) && !c.net.isBlocked(c.remote, c.local):
		return 0, syscall.EPIPE
	}
	if len(b) > 0 {
		c.peer.push(segment{data: append([]byte(nil), b...)})
	}
	return len(b), nil
}

// Close implements net.Conn: the other end reads what is on its way and then io.EOF.
func (c *conn) Close() error {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	c.end(false)
	return nil
}

// end closes this end; the Net's lock is held.
func (c *conn) end(reset bool) {
	if c.closed {
		return
	}
	c.closed = true
	c.inbox = nil
	delete(c.net.mu.conns, c)
	c.wake()
	s := segment{err: io.EOF}
	if reset {
		s.err = syscall.ECONNRESET
	}
	c.peer.push(s)
}

// LocalAddr implements net.Conn.
func (c *conn) LocalAddr() net.Addr { return net.TCPAddrFromAddrPort(c.localAddr) }

// RemoteAddr implements net.Conn.
func (c *conn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.remoteAddr) }

// SetDeadline implements net.Conn.
func (c *conn) SetDeadline(t time.Time) error {
	return c.setDeadlines(func() { c.readDeadline, c.writeDeadline = t, t })
}

// SetReadDeadline implements net.Conn.
func (c *conn) SetReadDeadline(t time.Time) error {
	return c.setDeadlines(func() { c.readDeadline = t })
}

// SetWriteDeadline implements net.Conn.
func (c *conn) SetWriteDeadline(t time.Time) error {
	return c.setDeadlines(func() { c.writeDeadline = t })
}

func (c *conn) setDeadlines(set func()) error {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	set()
	c.wake()
	return nil
}
