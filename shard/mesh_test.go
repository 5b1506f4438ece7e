package shard

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"

	"roster"
	"roster/shard/link"
	"roster/transport"
)

var errCut = errors.New("the network is cut")

// mesh is a network of pipes between nodes in one process. A node can be cut off:
// its connections end, and it gets no new ones until it is healed.
type mesh struct {
	mu struct {
		sync.Mutex
		listeners map[place]*doorway
		cut       map[roster.NodeID]bool
		pipes     map[*pipe]struct{}
		lost      map[way]bool
		ended     map[roster.NodeID]bool
	}
}

// way is one direction between two nodes.
type way struct{ from, to roster.NodeID }

type place struct {
	node roster.NodeID
	lane transport.Lane
}

func newMesh() *mesh {
	m := &mesh{}
	m.mu.listeners = map[place]*doorway{}
	m.mu.cut = map[roster.NodeID]bool{}
	m.mu.pipes = map[*pipe]struct{}{}
	m.mu.lost = map[way]bool{}
	m.mu.ended = map[roster.NodeID]bool{}
	return m
}

// node returns the network as one node sees it.
func (m *mesh) node(id roster.NodeID) link.Network { return &port{m, id} }

// isolate cuts a node off.
func (m *mesh) isolate(id roster.NodeID) {
	m.mu.Lock()
	m.mu.cut[id] = true
	var ends []*pipe
	for p := range m.mu.pipes {
		if p.from == id || p.to == id {
			ends = append(ends, p)
		}
	}
	m.mu.Unlock()
	for _, p := range ends {
		p.Close()
	}
}

// end cuts a node off as the end of its process does: its host refuses connections.
func (m *mesh) end(id roster.NodeID) {
	m.mu.Lock()
	m.mu.ended[id] = true
	m.mu.Unlock()
	m.isolate(id)
}

func (m *mesh) heal(id roster.NodeID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.mu.cut, id)
}

// lose makes everything that one node says to another vanish on the way.
func (m *mesh) lose(from, to roster.NodeID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mu.lost[way{from, to}] = true
}

type port struct {
	mesh *mesh
	id   roster.NodeID
}

func (p *port) Listener(lane transport.Lane) net.Listener {
	d := &doorway{mesh: p.mesh, at: place{p.id, lane}, conns: make(chan net.Conn), closed: make(chan struct{})}
	p.mesh.mu.Lock()
	defer p.mesh.mu.Unlock()
	p.mesh.mu.listeners[d.at] = d
	return d
}

func (p *port) Dial(ctx context.Context, addr string, lane transport.Lane) (net.Conn, error) {
	to := roster.NodeID(addr)
	p.mesh.mu.Lock()
	d := p.mesh.mu.listeners[place{to, lane}]
	refused := d == nil || p.mesh.mu.cut[p.id] || p.mesh.mu.cut[to]
	ended := p.mesh.mu.ended[to] && !p.mesh.mu.cut[p.id]
	near, far := net.Pipe()
	ours, theirs := &pipe{near, p.mesh, p.id, to, way{p.id, to}}, &pipe{far, p.mesh, p.id, to, way{to, p.id}}
	if !refused {
		p.mesh.mu.pipes[ours] = struct{}{}
		p.mesh.mu.pipes[theirs] = struct{}{}
	}
	p.mesh.mu.Unlock()
	switch {
	case ended:
		return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	case refused:
		return nil, errCut
	}
	select {
	case d.conns <- theirs:
		return ours, nil
	case <-d.closed:
		ours.Close()
		return nil, errCut
	case <-ctx.Done():
		ours.Close()
		return nil, ctx.Err()
	}
}

type pipe struct {
	net.Conn
	mesh     *mesh
	from, to roster.NodeID
	speaks   way
}

func (p *pipe) Write(b []byte) (int, error) {
	p.mesh.mu.Lock()
	lost := p.mesh.mu.lost[p.speaks]
	p.mesh.mu.Unlock()
	if lost {
		return len(b), nil
	}
	return p.Conn.Write(b)
}

func (p *pipe) Close() error {
	p.mesh.mu.Lock()
	delete(p.mesh.mu.pipes, p)
	p.mesh.mu.Unlock()
	return p.Conn.Close()
}

type doorway struct {
	mesh   *mesh
	at     place
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (d *doorway) Accept() (net.Conn, error) {
	select {
	case c := <-d.conns:
		return c, nil
	case <-d.closed:
		return nil, net.ErrClosed
	}
}

func (d *doorway) Close() error {
	d.once.Do(func() {
		close(d.closed)
		d.mesh.mu.Lock()
		defer d.mesh.mu.Unlock()
		if d.mesh.mu.listeners[d.at] == d {
			delete(d.mesh.mu.listeners, d.at)
		}
	})
	return nil
}

func (d *doorway) Addr() net.Addr { return &net.UnixAddr{Name: string(d.at.node), Net: "mesh"} }
