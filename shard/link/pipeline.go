package link

import (
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"roster/shard/link/frame"
	"roster/shard/link/peer"
)

// inFlightMax is how many requests with entries a group has under way to one peer: one
// that is being synced there and one on its way.
const inFlightMax = 2

// lastWord is how long a closed pipeline waits for a reader that must be told.
const lastWord = time.Second

var errPipeline = errors.New("the pipeline has ended")

// pipeline sends entries without waiting for the answers to those before. What a lost
// connection took along is sent again, in order. After an answer that is not a success,
// or a request that is overdue, it is at its end and says so: it never waits for ever.
type pipeline struct {
	t     *Transport
	to    raft.ServerID
	slots chan struct{}
	done  chan raft.AppendFuture
	ended chan struct{}
	once  sync.Once
	kick  chan struct{} // holds one: the window has changed
	mu    struct {
		sync.Mutex
		window []*part
		conn   *peer.Conn // that carries the window
		lost   bool       // some of the window must be sent again
		err    error
	}
}

var _ raft.AppendPipeline = (*pipeline)(nil)

// part is a request in the window.
type part struct {
	p        *pipeline
	args     *raft.AppendEntriesRequest
	future   *future // nil but for the last part of a request of Raft's
	deadline time.Time
	reply    *peer.Reply // guarded by the pipeline's lock; nil until it is answered
}

var _ peer.Waiter = (*part)(nil)

// future is what Raft gets to see of a request.
type future struct {
	start time.Time
	args  *raft.AppendEntriesRequest
	resp  *raft.AppendEntriesResponse
	err   error
	done  chan struct{}
}

var _ raft.AppendFuture = (*future)(nil)

func (f *future) Error() error                          { <-f.done; return f.err }
func (f *future) Start() time.Time                      { return f.start }
func (f *future) Request() *raft.AppendEntriesRequest   { return f.args }
func (f *future) Response() *raft.AppendEntriesResponse { return f.resp }

// AppendEntriesPipeline returns a pipeline to a peer.
func (t *Transport) AppendEntriesPipeline(id raft.ServerID, _ raft.ServerAddress) (raft.AppendPipeline, error) {
	if t.muted.Load() {
		return nil, ErrMuted
	}
	p := &pipeline{
		t: t, to: id, slots: make(chan struct{}, inFlightMax), done: make(chan raft.AppendFuture),
		ended: make(chan struct{}), kick: make(chan struct{}, 1),
	}
	if !t.run(p.run) {
		return nil, peer.ErrClosed
	}
	return p, nil
}

// Consumer returns the channel of answered requests, in the order of sending. Those
// that failed never arrive: AppendEntries fails instead, and Raft begins anew.
func (p *pipeline) Consumer() <-chan raft.AppendFuture { return p.done }

// Close ends the pipeline. Raft closes it after its reader of answers has ended, unless
// a storage error has ended the goroutine that sends: then nobody else tells the reader,
// and Raft would never shut down. An answer of a later term ends it.
func (p *pipeline) Close() error {
	p.end(errPipeline)
	last := &future{start: time.Now(), args: &raft.AppendEntriesRequest{}, resp: &raft.AppendEntriesResponse{Term: math.MaxUint64}, done: make(chan struct{})}
	close(last.done)
	select {
	case p.done <- last:
		return nil
	default: // it has ended, or is about to look again
	}
	p.t.run(func() {
		select {
		case p.done <- last:
		case <-time.After(lastWord):
		case <-p.t.ctx.Done():
		}
	})
	return nil
}

func (p *pipeline) end(err error) {
	p.mu.Lock()
	if p.mu.err == nil {
		p.mu.err = err
	}
	p.mu.Unlock()
	p.once.Do(func() { close(p.ended) })
}

// AppendEntries sends a request as soon as fewer than inFlightMax are under way.
func (p *pipeline) AppendEntries(args *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse) (raft.AppendFuture, error) {
	f := &future{start: time.Now(), args: args, resp: resp, done: make(chan struct{})}
	all := parts(args)
	for i, args := range all {
		select {
		case p.slots <- struct{}{}:
		case <-p.ended:
			return nil, p.why()
		case <-p.t.ctx.Done():
			return nil, peer.ErrClosed
		}
		next := &part{p: p, args: args, deadline: p.t.hub.options.Now().Add(peer.Timeout)}
		if i == len(all)-1 {
			next.future = f
		}
		if err := p.add(next); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func (p *pipeline) why() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mu.err
}

// add puts a request into the window and sends it, unless others must be sent before.
func (p *pipeline) add(next *part) error {
	if p.t.muted.Load() {
		return ErrMuted
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.err != nil {
		return p.mu.err
	}
	if len(p.mu.window) == 0 && !p.mu.lost {
		p.mu.conn = nil // whichever is up now
	}
	p.mu.window = append(p.mu.window, next)
	if !p.mu.lost {
		p.write(next)
	}
	return nil
}

// write sends a request behind those of the window; the lock is held.
func (p *pipeline) write(next *part) {
	f := p.t.appendFrame(next.args)
	var err error
	if p.mu.conn == nil {
		p.mu.conn, err = p.t.hub.peers.Ask(p.to, f, next)
	} else {
		err = p.mu.conn.Ask(f, next)
	}
	if err != nil {
		p.mu.lost = true
		p.ring()
		return
	}
	p.t.sent(p.to, next.args)
}

func (p *pipeline) ring() {
	select {
	case p.kick <- struct{}{}:
	default:
	}
}

// Answered implements peer.Waiter.
func (n *part) Answered(f *frame.Frame, sent time.Time) bool {
	if f.Kind != frame.AppendAnswer {
		n.Failed(peer.Fault(f))
		return true
	}
	r := &peer.Reply{Sent: sent, Frame: *f}
	r.Frame.Beats = nil
	n.p.t.release(f, lastOf(n.args), func() { n.set(r) })
	return true
}

func (n *part) set(r *peer.Reply) {
	n.p.mu.Lock()
	n.reply = r
	n.p.mu.Unlock()
	n.p.ring()
}

// Failed implements peer.Waiter. What was lost on its way may be sent again.
func (n *part) Failed(err error) {
	n.p.mu.Lock()
	present := slices.Contains(n.p.mu.window, n) // else it was sent again already
	n.p.mu.lost = n.p.mu.lost || present
	n.p.mu.Unlock()
	if present && !peer.Again(err) {
		n.p.end(err)
	}
	n.p.ring()
}

// run hands answers to Raft, in order, and sends again what was lost.
func (p *pipeline) run() {
	for {
		select {
		case <-p.kick:
		case <-p.ended:
			return
		case <-p.t.ctx.Done():
			p.end(peer.ErrClosed)
			return
		}
		for n := p.head(); n != nil; n = p.head() {
			if !p.give(n) {
				return
			}
			<-p.slots
		}
		if err := p.repair(); err != nil {
			p.end(err)
			return
		}
	}
}

// head takes the first request of the window when it is answered.
func (p *pipeline) head() *part {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.mu.window) == 0 || p.mu.window[0].reply == nil {
		return nil
	}
	n := p.mu.window[0]
	p.mu.window = p.mu.window[1:]
	return n
}

// give hands an answer to Raft; false when the pipeline ends with it.
func (p *pipeline) give(n *part) bool {
	p.t.answered(p.to, n.reply.Sent, n.args.Term, lastOf(n.args), &n.reply.Frame)
	good := n.reply.Frame.Flags&frame.Yes != 0
	if f := n.future; f != nil {
		fill(f.resp, p.to, &n.reply.Frame)
		close(f.done)
		select {
		case p.done <- f:
		case <-p.ended:
			return false
		case <-p.t.ctx.Done():
			return false
		}
	}
	if !good {
		p.end(errPipeline)
	}
	return good
}

// repair sends the window again when some of it was lost.
func (p *pipeline) repair() error {
	p.mu.Lock()
	lost := p.mu.lost
	var first *part
	if len(p.mu.window) > 0 {
		first = p.mu.window[0]
	}
	p.mu.Unlock()
	if !lost {
		return nil
	}
	peer.Pause(p.t.ctx, retryPause)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.err != nil || p.t.ctx.Err() != nil {
		return errPipeline
	}
	p.mu.lost, p.mu.conn = false, nil
	if first == nil {
		return nil
	}
	if p.t.muted.Load() || !p.t.leads(first.args.Term) || p.t.hub.options.Now().After(first.deadline) {
		return peer.ErrOverdue
	}
	for i, n := range p.mu.window {
		if n.reply == nil && !p.mu.lost {
			p.mu.window[i] = n.anew()
			p.write(p.mu.window[i])
		}
	}
	return nil
}

// anew is the same request once more. A late word about the one before is not heard.
func (n *part) anew() *part {
	return &part{p: n.p, args: n.args, future: n.future, deadline: n.deadline}
}
