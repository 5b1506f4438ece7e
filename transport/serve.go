package transport

import (
	"bufio"
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"roster"
	"roster/transport/wire"
)

// server answers the calls of one connection.
type server struct {
	t    *Transport
	conn *laneConn
	ctx  context.Context // ends with the connection
	out  chan frame
	wg   sync.WaitGroup // handlers
	mu   struct {
		sync.Mutex
		handlers int
		bytes    int // of the requests they hold
	}
}

// serve answers calls on c until it ends. It runs on the goroutine that welcomed c.
func (t *Transport) serve(c *laneConn) {
	ctx, cancel := context.WithCancel(t.ctx)
	s := &server{t: t, conn: c, ctx: ctx, out: make(chan frame, HandlersMax)}
	s.wg.Go(func() {
		_ = newWriter(c, s.out, t.metrics).Run(ctx, 0, nil)
		cancel()
		_ = c.Close()
	})
	s.read()
	cancel()
	_ = c.Close()
	s.wg.Wait()
}

// read starts a handler for each request until the connection ends.
func (s *server) read() {
	r := bufio.NewReaderSize(s.conn, wire.BufferBytes)
	for {
		if r.Buffered() == 0 {
			_ = s.conn.SetReadDeadline(time.Now().Add(serverIdleTimeout))
		}
		f, err := readFrame(r)
		if err != nil {
			return
		}
		s.t.metrics.framesIn.Inc()
		switch f.kind {
		case framePing:
			s.send(frame{kind: framePong, id: f.id})
		case frameRequest:
			s.begin(f)
		}
	}
}

// begin starts the handler of a request, if there is room for it.
func (s *server) begin(f frame) {
	if !s.enter(len(f.body)) {
		s.t.metrics.refused.WithLabelValues("handlers").Inc()
		full := overloaded("the node at %s has too many calls under way", s.t.Addr())
		s.send(frame{kind: frameFault, id: f.id, body: appendFault(nil, full)})
		return
	}
	s.wg.Go(func() {
		answer := s.answer(f)
		s.leave(len(f.body))
		s.send(answer)
	})
}

func (s *server) enter(bytes int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.handlers >= HandlersMax || s.mu.handlers > 0 && s.mu.bytes+bytes > InFlightBytesMax {
		return false
	}
	s.mu.handlers++
	s.mu.bytes += bytes
	return true
}

func (s *server) leave(bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.handlers--
	s.mu.bytes -= bytes
}

// send queues a frame; it gives up when the connection has ended.
func (s *server) send(f frame) {
	select {
	case s.out <- f:
	case <-s.ctx.Done():
	}
}

// answer runs the handler under the caller's deadline.
func (s *server) answer(f frame) frame {
	limit := CallDeadlineMax
	if ms := f.remainingMS; ms > 0 && ms < uint64(CallDeadlineMax/time.Millisecond) {
		limit = time.Duration(ms) * time.Millisecond
	}
	ctx, cancel := context.WithTimeout(s.ctx, limit)
	defer cancel()
	body, err := s.handle(ctx, f)
	if err == nil && len(body) > FrameMax {
		err = roster.Errorf(roster.CodeTooLarge, "answer of %d bytes; at most %d", len(body), FrameMax)
	}
	if err != nil {
		return frame{kind: frameFault, id: f.id, body: appendFault(nil, faultOf(err))}
	}
	return frame{kind: frameAnswer, id: f.id, body: body}
}

// handle calls the handler. A panic is the fault of one request: it is logged and
// answered, and the node goes on.
func (s *server) handle(ctx context.Context, f frame) (body []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.t.c.Logger.Error("call handler panicked", "method", f.method, "node", s.conn.peer, "err", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = roster.Errorf(roster.CodeInternal, "the handler of method %d failed", f.method)
		}
	}()
	return s.t.c.Handler(ctx, s.conn.peer, f.method, f.body)
}
