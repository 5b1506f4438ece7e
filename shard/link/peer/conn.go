package peer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"roster/shard/link/frame"
	"roster/transport"
	"roster/transport/wire"
)

const (
	// queueMax is how many frames may wait for a connection.
	queueMax = 1024
	// sweepEvery is how often overdue requests are looked for.
	sweepEvery = 500 * time.Millisecond
	// lookAfter is how long a connection must have lasted for its end to be looked into:
	// a peer that takes connections and drops them is not dialled in a circle.
	lookAfter = time.Second
)

// The reasons why a request gets no answer.
var (
	ErrClosed  = errors.New("closed on this node")
	ErrOverdue = errors.New("no answer in time")
	errLost    = errors.New("no connection")
	errRefused = errors.New("the peer does not take the request now")
	errQueue   = errors.New("too much is queued for this peer")
)

// lost is why the requests on a connection failed.
type lost struct{ cause error }

func (l lost) Error() string { return "no connection: " + l.cause.Error() }

func (l lost) Unwrap() []error { return []error{errLost, l.cause} }

// Again reports whether a request that failed so may be sent once more at once: its
// connection was lost, or the peer had no room for it.
func Again(err error) bool { return errors.Is(err, errLost) || errors.Is(err, errRefused) }

// Fault is the error that a frame tells instead of the answer that was awaited.
func Fault(f *frame.Frame) error {
	switch {
	case f.Kind == frame.Fault && f.Flags&frame.Soon != 0:
		return errRefused
	case f.Kind == frame.Fault:
		return errors.New(f.Text)
	}
	return fmt.Errorf("an answer of another kind: %d", f.Kind)
}

// Waiter gets the answer to a request. Neither method may block.
type Waiter interface {
	// Answered runs on the goroutine of the reader, which uses f again afterwards. It
	// reports whether nothing more is awaited. sent is when the request was written.
	Answered(f *frame.Frame, sent time.Time) bool
	Failed(err error)
}

// Word is something to tell that nobody answers. Take returns it when it is written,
// or when the connection is lost before; nil when there is nothing to tell any more.
type Word interface{ Take() *frame.Frame }

// call is a request under way on a connection.
type call struct {
	waiter   Waiter
	deadline time.Time
	sent     time.Time
}

// out is what waits to be written: a request, a word or, when both are nil, the
// heartbeats that are gathered by then.
type out struct {
	frame *frame.Frame
	word  Word
}

// Conn is a connection on which this node asks one peer.
type Conn struct {
	peer  *peer
	queue chan out
	ctx   context.Context // ends with the connection
	end   context.CancelCauseFunc
	met   atomic.Bool // the peer has answered the dial
	pulse wire.Pulse
	mu    struct {
		sync.Mutex
		err   error
		next  uint64
		calls map[uint64]*call
	}
}

func newConn(p *peer) *Conn {
	c := &Conn{peer: p, queue: make(chan out, queueMax)}
	c.ctx, c.end = context.WithCancelCause(p.all.ctx)
	c.mu.calls = map[uint64]*call{}
	return c
}

// run dials and serves the connection until it ends.
func (c *Conn) run() {
	conn, r, err := c.peer.dial(c.ctx, transport.LaneRaft)
	if err != nil {
		if errors.Is(err, syscall.ECONNREFUSED) {
			c.peer.all.handler.Gone(c.peer.id)
		}
		c.fail(err)
		return
	}
	c.met.Store(true)
	met := c.peer.all.options.Now()
	var reader sync.WaitGroup
	reader.Go(func() { c.read(r) })
	stop := context.AfterFunc(c.ctx, func() { _ = conn.Close() })
	c.fail(c.write(conn))
	if stop() {
		_ = conn.Close()
	}
	reader.Wait()
	if c.peer.all.options.Now().Sub(met) > lookAfter && !errors.Is(c.mu.err, wire.ErrIdle) {
		c.peer.look()
	}
}

func (c *Conn) write(conn net.Conn) error {
	return wire.NewWriter(conn, c.queue, c.encode).Run(c.ctx, sweepEvery, c.sweep)
}

// Ask queues a request behind those that were asked before.
func (c *Conn) Ask(f *frame.Frame, w Waiter) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	f.ID = c.mu.next + 1
	if err := c.push(out{frame: f}); err != nil {
		return err
	}
	c.mu.next++
	c.mu.calls[f.ID] = &call{waiter: w, deadline: c.peer.all.options.Now().Add(Timeout)}
	return nil
}

// tell queues what is not answered, or not registered yet.
func (c *Conn) tell(o out) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.push(o)
}

// push queues without waiting; the lock is held, so that nothing is queued once fail
// has emptied the queue.
func (c *Conn) push(o out) error {
	if c.mu.err != nil {
		return c.mu.err
	}
	select {
	case c.queue <- o:
		return nil
	default:
		return lost{errQueue}
	}
}

// encode writes what is queued, and along with it the heartbeats that wait.
func (c *Conn) encode(w *bufio.Writer, o out) error {
	var err error
	switch {
	case o.word != nil:
		if f := o.word.Take(); f != nil {
			err = frame.Write(w, f)
		}
	case o.frame != nil && (o.frame.Kind == frame.Ping || c.stamp(o.frame.ID)):
		if err = frame.Write(w, o.frame); errors.Is(err, frame.ErrLength) {
			if k := c.leave(o.frame.ID); k != nil {
				k.waiter.Failed(err)
			}
			err = nil
		}
	}
	if err != nil {
		return err
	}
	if f := c.gathered(); f != nil {
		return frame.Write(w, f)
	}
	return nil
}

// stamp notes when a request is written; false when nobody waits for it any more.
func (c *Conn) stamp(id uint64) bool {
	now := c.peer.all.options.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.mu.calls[id]
	if k != nil {
		k.sent = now
	}
	return k != nil
}

// gathered makes one frame of the heartbeats that wait, or returns nil.
func (c *Conn) gathered() *frame.Frame {
	beats := c.peer.take(frame.BeatsMax)
	if len(beats) == 0 {
		return nil
	}
	now := c.peer.all.options.Now()
	f := &frame.Frame{Kind: frame.Beats, Protocol: beats[0].Protocol, Beats: make([]frame.Beat, len(beats))}
	for i, b := range beats {
		f.Beats[i] = b.Source.Beat(b.Term)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.err != nil {
		failBeats(beats, c.mu.err)
		return nil
	}
	c.mu.next++
	f.ID = c.mu.next
	c.mu.calls[f.ID] = &call{waiter: newRound(beats), deadline: now.Add(Timeout), sent: now}
	return f
}

// leave forgets a request and returns it, or nil if it is not under way.
func (c *Conn) leave(id uint64) *call {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.mu.calls[id]
	delete(c.mu.calls, id)
	return k
}

// read hands out answers until the connection ends.
func (c *Conn) read(r *bufio.Reader) {
	var f frame.Frame
	for {
		if err := frame.Read(r, &f); err != nil {
			c.fail(err)
			return
		}
		c.pulse.Heard()
		c.mu.Lock()
		k := c.mu.calls[f.ID]
		if f.Kind != frame.BeatsAnswer {
			delete(c.mu.calls, f.ID)
		}
		c.mu.Unlock()
		if k != nil && k.waiter.Answered(&f, k.sent) && f.Kind == frame.BeatsAnswer {
			c.leave(f.ID)
		}
	}
}

// fail ends the connection and everything that waits for it. Only the first cause
// counts.
func (c *Conn) fail(cause error) {
	c.mu.Lock()
	if c.mu.err != nil {
		c.mu.Unlock()
		return
	}
	c.mu.err = lost{cause}
	calls := c.mu.calls
	c.mu.calls = nil
	c.mu.Unlock()
	c.end(cause)
	beats := c.peer.take(0)
	c.peer.left(c)
	c.peer.all.options.Logger.Debug("connection of the Raft groups ended", "peer", string(c.peer.id), "err", cause)
	for _, k := range calls { // order-free: each is told once
		k.waiter.Failed(lost{cause})
	}
	for {
		select {
		case o := <-c.queue:
			if o.word != nil {
				o.word.Take()
			}
			continue
		default:
		}
		break
	}
	failBeats(beats, lost{cause})
}

// sweep fails requests that are overdue, asks a silent peer for a sign of life while
// others wait, gives it up when none comes, and ends a connection that nobody uses.
func (c *Conn) sweep() (ping out, send bool, err error) {
	var overdue []*call
	now := c.peer.all.options.Now()
	c.mu.Lock()
	waiting := len(c.mu.calls) > 0
	for id, k := range c.mu.calls { // order-free: each is looked at alone
		if now.After(k.deadline) {
			overdue = append(overdue, k)
			delete(c.mu.calls, id)
		}
	}
	c.mu.Unlock()
	for _, k := range overdue {
		k.waiter.Failed(ErrOverdue)
	}
	send, err = c.pulse.Tick(waiting)
	return out{frame: &frame.Frame{Kind: frame.Ping}}, send, err
}
