package transport

import (
	"context"
	"fmt"

	"roster"
	"roster/transport/greeting"
)

// peer is where calls to one address find their connection. It is made by the
// first call, which starts the dialling; ready is closed once c or err is set.
type peer struct {
	ready chan struct{}
	c     *caller
	err   error
}

// Call sends one request to the node at addr (host:port) and returns its answer.
// The deadline of ctx travels with the request; when ctx ends the call is abandoned
// and a late answer dropped.
//
// An error that the peer's handler returned comes back as its *roster.Error. The
// others: TooLarge (more than FrameMax), Overloaded (too much under way; not sent),
// Denied and Conflict (see Dial), Unavailable (never written), Unknown (written, or
// perhaps written, and not answered).
func (t *Transport) Call(ctx context.Context, addr string, method uint8, body []byte) ([]byte, error) {
	if len(body) > FrameMax {
		return nil, roster.Errorf(roster.CodeTooLarge, "request of %d bytes; at most %d", len(body), FrameMax)
	}
	for {
		c, pooled, err := t.caller(ctx, addr)
		if err != nil {
			return nil, err
		}
		answer, again, err := c.do(ctx, method, body)
		if err == nil {
			return answer, nil
		}
		// A pooled connection may have died since its last use; nothing was written on
		// it, so a fresh one may be tried.
		if again && pooled && ctx.Err() == nil {
			t.dropPeer(addr, c)
			continue
		}
		return nil, err
	}
}

// caller returns the connection to addr, dialling it if there is none.
func (t *Transport) caller(ctx context.Context, addr string) (c *caller, pooled bool, err error) {
	t.mu.Lock()
	p, pooled := t.mu.peers[addr]
	if !pooled && len(t.mu.peers) >= PeersMax {
		t.mu.Unlock()
		return nil, false, overloaded("too many peers to connect to %s as well", addr)
	}
	if !pooled {
		p = &peer{ready: make(chan struct{})}
		t.mu.peers[addr] = p
	}
	t.mu.Unlock()
	if !pooled && !t.run(func() { t.keep(addr, p) }) {
		return nil, false, greeting.Lost(addr, context.Canceled)
	}
	select {
	case <-p.ready:
		return p.c, pooled, p.err
	case <-t.ctx.Done():
		return nil, false, greeting.Lost(addr, t.ctx.Err())
	case <-ctx.Done():
		return nil, false, greeting.Lost(addr, ctx.Err())
	}
}

// keep dials addr and serves the connection until it ends. Dialling is not tied to
// one caller's context: others may wait for the same connection.
func (t *Transport) keep(addr string, p *peer) {
	conn, err := t.Dial(t.ctx, addr, LaneCall)
	if err != nil {
		p.err = err
		t.forgetPeer(addr, p)
		close(p.ready)
		return
	}
	p.c = newCaller(t.ctx, addr, conn, t.metrics)
	if !t.run(p.c.write) {
		p.c.fail(fmt.Errorf("transport closed: %w", context.Canceled))
	}
	close(p.ready)
	p.c.read()
	t.forgetPeer(addr, p)
}

func (t *Transport) forgetPeer(addr string, p *peer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.mu.peers[addr] == p {
		delete(t.mu.peers, addr)
	}
}

// dropPeer takes a dead connection out of the pool before its reader does.
func (t *Transport) dropPeer(addr string, c *caller) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.mu.peers[addr]; p != nil && p.c == c {
		delete(t.mu.peers, addr)
	}
}
