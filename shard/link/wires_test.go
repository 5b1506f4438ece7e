package link

import (
	"context"
	"errors"
	"net"
	"sync"

	"roster"
	"roster/transport"
)

// wires connects nodes of one process by pipes.
type wires struct {
	mu struct {
		sync.Mutex
		doors map[way]*door
		conns []*tapped
		shut  bool // nobody gets through
	}
}

type way struct {
	to   string
	lane transport.Lane
}

func newWires() *wires {
	w := &wires{}
	w.mu.doors = map[way]*door{}
	return w
}

func (w *wires) node(id roster.NodeID) Network { return &end{w, string(id)} }

// cut ends every connection; shut keeps new ones away.
func (w *wires) cut(shut bool) {
	w.mu.Lock()
	conns := w.mu.conns
	w.mu.conns, w.mu.shut = nil, shut
	w.mu.Unlock()
	for _, c := range conns {
		c.Close()
	}
}

// dials counts the connections of a lane since the last cut.
func (w *wires) dials(lane transport.Lane) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.mu.conns {
		if c.lane == lane && c.dialled {
			n++
		}
	}
	return n
}

type end struct {
	wires *wires
	id    string
}

func (e *end) Listener(lane transport.Lane) net.Listener {
	d := &door{id: e.id, conns: make(chan net.Conn), closed: make(chan struct{})}
	e.wires.mu.Lock()
	defer e.wires.mu.Unlock()
	e.wires.mu.doors[way{e.id, lane}] = d
	return d
}

func (e *end) Dial(ctx context.Context, addr string, lane transport.Lane) (net.Conn, error) {
	e.wires.mu.Lock()
	d, shut := e.wires.mu.doors[way{addr, lane}], e.wires.mu.shut
	e.wires.mu.Unlock()
	if d == nil || shut {
		return nil, errors.New("no such node: " + addr)
	}
	near, far := net.Pipe()
	out, in := &tapped{Conn: near, lane: lane, dialled: true}, &tapped{Conn: far, lane: lane}
	select {
	case d.conns <- in:
		e.wires.mu.Lock()
		e.wires.mu.conns = append(e.wires.mu.conns, out, in)
		e.wires.mu.Unlock()
		return out, nil
	case <-d.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// tapped is one end of a pipe that keeps what was written to it.
type tapped struct {
	net.Conn
	lane    transport.Lane
	dialled bool
	mu      struct {
		sync.Mutex
		wrote  []byte
		writes int
	}
}

func (c *tapped) Write(b []byte) (int, error) {
	c.mu.Lock()
	c.mu.wrote = append(c.mu.wrote, b...)
	c.mu.writes++
	c.mu.Unlock()
	return c.Conn.Write(b)
}

type door struct {
	id     string
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (d *door) Accept() (net.Conn, error) {
	select {
	case c := <-d.conns:
		return c, nil
	case <-d.closed:
		return nil, net.ErrClosed
	}
}

func (d *door) Close() error   { d.once.Do(func() { close(d.closed) }); return nil }
func (d *door) Addr() net.Addr { return &net.UnixAddr{Name: d.id} }
