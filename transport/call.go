package transport

import (
	"bufio"
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"roster"
	"roster/transport/wire"
)

// The states of a call, as far as its request goes. Whoever moves it on from
// callQueued decides whether it was sent.
const (
	callQueued    int32 = iota
	callSent            // its bytes may have left
	callAbandoned       // they never will
)

// call is one request under way, on the caller's side.
type call struct {
	state atomic.Int32
	bytes int
	reply chan reply // holds one
}

type reply struct {
	body   []byte
	err    error
	unsent bool // the request never left
}

// take claims the call for sending; false when it was abandoned.
func (c *call) take() bool { return c.state.CompareAndSwap(callQueued, callSent) }

// abandon reports whether the request is certain never to be sent.
func (c *call) abandon() bool {
	return c.state.CompareAndSwap(callQueued, callAbandoned) || c.state.Load() == callAbandoned
}

// caller is the pooled connection to one peer.
type caller struct {
	addr  string
	conn  net.Conn
	m     *metrics
	queue chan frame
	ctx   context.Context // ends with the connection
	end   context.CancelCauseFunc
	pulse wire.Pulse

	mu struct {
		sync.Mutex
		err   error // why it ended
		next  uint64
		bytes int
		calls map[uint64]*call
	}
}

func newCaller(ctx context.Context, addr string, conn net.Conn, m *metrics) *caller {
	c := &caller{addr: addr, conn: conn, m: m, queue: make(chan frame, InFlightMax)}
	c.ctx, c.end = context.WithCancelCause(ctx)
	c.mu.calls = make(map[uint64]*call)
	return c
}

// do sends one request and waits for its answer. again means that the connection
// was gone before the request was written, so that another may be tried.
func (c *caller) do(ctx context.Context, method uint8, body []byte) (answer []byte, again bool, err error) {
	f := frame{kind: frameRequest, method: method, body: body, remainingMS: remaining(ctx)}
	if f.id, f.call, err = c.enter(len(body)); err != nil {
		return nil, roster.CodeOf(err) == roster.CodeUnavailable, err
	}
	c.m.inFlight.Inc()
	defer c.m.inFlight.Dec()
	select {
	case c.queue <- f:
	case <-c.ctx.Done(): // fail has answered, or is about to
	case <-ctx.Done():
	}
	select {
	case r := <-f.call.reply:
		return r.body, r.unsent, r.err
	case <-ctx.Done():
		c.leave(f.id)
		return nil, false, c.outcome(f.call, ctx.Err()).err
	}
}

// remaining returns the milliseconds until ctx's deadline, at least 1, or 0 for none.
func remaining(ctx context.Context) uint64 {
	deadline, ok := ctx.Deadline()
	if !ok {
		return 0
	}
	return uint64(max(time.Until(deadline).Milliseconds(), 1))
}

// enter registers a call.
func (c *caller) enter(bytes int) (uint64, *call, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.mu.err != nil:
		return 0, nil, c.notSent(c.mu.err)
	case len(c.mu.calls) >= InFlightMax, len(c.mu.calls) > 0 && c.mu.bytes+bytes > InFlightBytesMax:
		c.m.refused.WithLabelValues("in_flight").Inc()
		return 0, nil, overloaded("too many calls to %s are under way", c.addr)
	}
	c.mu.next++
	k := &call{bytes: bytes, reply: make(chan reply, 1)}
	c.mu.calls[c.mu.next] = k
	c.mu.bytes += bytes
	return c.mu.next, k, nil
}

// leave forgets a call and returns it, or nil if it is not under way: a late answer.
func (c *caller) leave(id uint64) *call {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.mu.calls[id]
	if k != nil {
		delete(c.mu.calls, id)
		c.mu.bytes -= k.bytes
	}
	return k
}

// outcome says what is known of a call that will get no answer.
func (c *caller) outcome(k *call, cause error) reply {
	if k.abandon() {
		return reply{err: c.notSent(cause), unsent: true}
	}
	return reply{err: &roster.Error{Code: roster.CodeUnknown, Detail: "no answer from " + c.addr, Cause: cause}}
}

func (c *caller) notSent(cause error) error {
	return &roster.Error{Code: roster.CodeUnavailable, Detail: "the request was not sent to " + c.addr, Cause: cause}
}

// fail ends the connection and everything that waits on it. Only the first cause
// counts.
func (c *caller) fail(cause error) {
	c.mu.Lock()
	if c.mu.err != nil {
		c.mu.Unlock()
		return
	}
	c.mu.err = cause
	calls := c.mu.calls
	c.mu.calls = nil
	c.mu.Unlock()
	c.end(cause)
	_ = c.conn.Close()
	for _, k := range calls {
		k.reply <- c.outcome(k, cause)
	}
}

// read hands out answers until the connection ends.
func (c *caller) read() {
	r := bufio.NewReaderSize(c.conn, wire.BufferBytes)
	for {
		f, err := readFrame(r)
		if err != nil {
			c.fail(err)
			return
		}
		c.pulse.Heard()
		c.m.framesIn.Inc()
		if f.kind != frameAnswer && f.kind != frameFault {
			continue
		}
		k := c.leave(f.id)
		if k == nil {
			continue
		}
		if f.kind == frameFault {
			k.reply <- reply{err: decodeFault(f.body)}
			continue
		}
		k.reply <- reply{body: f.body}
	}
}

// write sends requests until the connection ends.
func (c *caller) write() { c.fail(newWriter(c.conn, c.queue, c.m).Run(c.ctx, tick, c.tick)) }

// tick asks a silent peer for a sign of life while calls wait.
func (c *caller) tick() (ping frame, send bool, err error) {
	c.mu.Lock()
	waiting := len(c.mu.calls) > 0
	c.mu.Unlock()
	send, err = c.pulse.Tick(waiting)
	return frame{kind: framePing}, send, err
}

func overloaded(format, addr string) *roster.Error {
	e := roster.Errorf(roster.CodeOverloaded, format, addr)
	e.RetryAfter = 100 * time.Millisecond
	return e
}
