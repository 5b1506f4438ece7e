package peer

import (
	"bufio"
	"context"
	"errors"
	"net"
	"time"

	"github.com/hashicorp/raft"

	"roster"
	"roster/shard/link/frame"
	"roster/transport"
	"roster/transport/wire"
)

// servedIdle is how long a peer's connection stays open without a frame: longer than
// the peer itself keeps one that it does not use.
const servedIdle = 3 * time.Minute

var errStranger = errors.New("the peer is not who it says")

// Served is a connection on which a peer asks.
type Served struct {
	all   *Peers
	conn  net.Conn
	name  []byte
	queue chan *frame.Frame
	ctx   context.Context // ends with the connection
	end   context.CancelCauseFunc
}

// serve answers on a connection until it ends.
func (h *Peers) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	r := bufio.NewReaderSize(conn, wire.BufferBytes)
	node, err := h.welcome(conn, r)
	if err != nil {
		h.options.Logger.Debug("connection for the Raft groups refused", "err", err)
		return
	}
	s := &Served{all: h, conn: conn, name: []byte(node), queue: make(chan *frame.Frame, queueMax)}
	s.ctx, s.end = context.WithCancelCause(h.ctx)
	stop := context.AfterFunc(s.ctx, func() { _ = conn.Close() })
	defer stop()
	written := make(chan struct{})
	go func() { // joined below
		defer close(written)
		s.end(wire.NewWriter(conn, s.queue, frame.Write).Run(s.ctx, 0, nil))
	}()
	err = s.read(r)
	s.end(err)
	<-written
	h.peer(raft.ServerID(node)).look()
	h.options.Logger.Debug("connection for the Raft groups ended", "peer", string(node), "err", err)
}

// welcome exchanges prefaces with a node that has dialled this one.
func (h *Peers) welcome(conn net.Conn, r *bufio.Reader) (roster.NodeID, error) {
	if err := conn.SetDeadline(time.Now().Add(Timeout)); err != nil {
		return "", err
	}
	stop := context.AfterFunc(h.ctx, func() { _ = conn.Close() })
	defer stop()
	node, err := frame.ReadPreface(r)
	if err != nil {
		return "", err
	}
	if known, ok := transport.Peer(conn); ok && known != node {
		return "", errStranger
	}
	if err := frame.WritePreface(conn, h.options.Node); err != nil {
		return "", err
	}
	return node, conn.SetDeadline(time.Time{})
}

// Name returns the peer's id, not to be changed.
func (s *Served) Name() []byte { return s.name }

// Send queues an answer. A peer that asks and does not read loses its connection.
func (s *Served) Send(f *frame.Frame) {
	select {
	case s.queue <- f:
	default:
		s.end(errQueue)
	}
}

// read takes requests until the connection ends.
func (s *Served) read(r *bufio.Reader) error {
	var f frame.Frame
	for {
		if r.Buffered() == 0 {
			if err := s.conn.SetReadDeadline(time.Now().Add(servedIdle)); err != nil {
				return err
			}
		}
		if err := frame.Read(r, &f); err != nil {
			return err
		}
		switch {
		case f.Kind == frame.Ping:
			s.Send(&frame.Frame{Kind: frame.Pong})
		case !s.all.handler.Serve(s, &f):
			return frame.ErrKind
		}
	}
}

// Patient gives each read and each write its own time: a snapshot may take long, but
// not stand still.
type Patient struct{ net.Conn }

// Read implements net.Conn.
func (p Patient) Read(b []byte) (int, error) {
	if err := p.SetReadDeadline(time.Now().Add(Timeout)); err != nil {
		return 0, err
	}
	return p.Conn.Read(b)
}

// Write implements net.Conn.
func (p Patient) Write(b []byte) (int, error) {
	if err := p.SetWriteDeadline(time.Now().Add(Timeout)); err != nil {
		return 0, err
	}
	return p.Conn.Write(b)
}

// install hands the snapshot of a connection to the handler.
func (h *Peers) install(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	r := bufio.NewReaderSize(Patient{conn}, wire.BufferBytes)
	node, err := h.welcome(conn, r)
	if err != nil {
		return
	}
	var f frame.Frame
	if err := frame.Read(r, &f); err != nil || f.Kind != frame.Install {
		return
	}
	w := bufio.NewWriterSize(Patient{conn}, 512)
	if frame.Write(w, h.handler.Install(conn, r, &f, []byte(node))) == nil {
		_ = w.Flush() // the peer asks again
	}
}
