package peer

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"roster"
	"roster/shard/link/frame"
	"roster/transport"
	"roster/transport/wire"
)

const (
	// firstPause and lastPause bound how long a peer that cannot be reached is left
	// alone; the pause doubles with each try.
	firstPause = 20 * time.Millisecond
	lastPause  = 320 * time.Millisecond
)

// peer is another node, as far as this one asks it something.
type peer struct {
	all *Peers
	id  raft.ServerID
	mu  struct {
		sync.Mutex
		conn  *Conn // nil when there is none
		pause time.Duration
		beats []*Beat // heartbeats that wait for others to join them
	}
}

// conn returns the connection to the peer. The first to ask for one starts dialling;
// what it asks waits in the queue meanwhile.
func (p *peer) conn() (*Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.conn != nil {
		return p.mu.conn, nil
	}
	c := newConn(p)
	if !p.all.run(c.run) {
		return nil, ErrClosed
	}
	p.mu.conn = c
	return c, nil
}

// look dials a peer whose connection has ended, unless there is another: should its
// process have ended, that is known at once and not when it is asked something next.
func (p *peer) look() { _, _ = p.conn() }

// alive returns the connection if there is one already.
func (p *peer) alive() *Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.conn == nil || !p.mu.conn.met.Load() {
		return nil
	}
	return p.mu.conn
}

// left forgets a connection that has ended.
func (p *peer) left(c *Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.conn != c {
		return
	}
	p.mu.conn = nil
	switch {
	case c.met.Load():
		p.mu.pause = 0
	case p.mu.pause == 0:
		p.mu.pause = firstPause
	default:
		p.mu.pause = min(2*p.mu.pause, lastPause)
	}
}

// dial connects, after the pause that the peer has earned.
func (p *peer) dial(ctx context.Context, lane transport.Lane) (net.Conn, *bufio.Reader, error) {
	p.mu.Lock()
	wait := p.mu.pause
	p.mu.Unlock()
	if wait > 0 && lane == transport.LaneRaft {
		Pause(ctx, wait)
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	addr, ok := p.all.options.AddressOf(roster.NodeID(p.id))
	if !ok {
		return nil, nil, fmt.Errorf("the address of node %s is not known", p.id)
	}
	conn, err := p.all.options.Network.Dial(ctx, addr, lane)
	if err != nil {
		return nil, nil, err
	}
	r, err := p.greet(ctx, conn)
	if err != nil {
		_ = conn.Close()
		return nil, nil, err
	}
	return conn, r, nil
}

// greet exchanges prefaces, and makes sure that the peer is who was meant: another
// node may have taken over its address.
func (p *peer) greet(ctx context.Context, conn net.Conn) (*bufio.Reader, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	r := bufio.NewReaderSize(conn, wire.BufferBytes)
	err := frame.WritePreface(conn, p.all.options.Node)
	if err == nil {
		node, bad := frame.ReadPreface(r)
		if err = bad; err == nil && raft.ServerID(node) != p.id {
			err = fmt.Errorf("node %s answers at the address of node %s", node, p.id)
		}
	}
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	return r, err
}
