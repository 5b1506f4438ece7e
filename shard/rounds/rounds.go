package rounds

import (
	"context"
	"sync"

	"roster"
)

// Round is one exchange, shared by all who asked before it began.
type Round struct {
	done  chan struct{}
	index roster.Index
	err   error
}

// Done is closed when the round has its answer.
func (r *Round) Done() <-chan struct{} { return r.done }

// Answer returns what the exchange came to, once Done is closed.
func (r *Round) Answer() (roster.Index, error) { return r.index, r.err }

// Rounds runs one exchange after another while somebody waits, and nothing otherwise.
// Make one with New.
type Rounds struct {
	exchange func(context.Context) (roster.Index, error)
	ctx      context.Context // ends with Close
	cancel   context.CancelFunc
	wg       sync.WaitGroup
	mu       struct {
		sync.Mutex
		next    *Round
		running bool
		closed  bool
	}
}

// ErrClosed answers who joins after Close.
var ErrClosed = roster.Errorf(roster.CodeUnavailable, "it is closing on this node")

// New returns Rounds of an exchange. The context that it is given ends with Close.
func New(exchange func(context.Context) (roster.Index, error)) *Rounds {
	r := &Rounds{exchange: exchange}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

// Join returns the round that begins next.
func (r *Rounds) Join() *Round {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mu.closed {
		refused := &Round{done: make(chan struct{}), err: ErrClosed}
		close(refused.done)
		return refused
	}
	if r.mu.next == nil {
		r.mu.next = &Round{done: make(chan struct{})}
	}
	if !r.mu.running {
		r.mu.running = true
		r.wg.Go(r.run)
	}
	return r.mu.next
}

func (r *Rounds) run() {
	for round := r.take(); round != nil; round = r.take() {
		round.index, round.err = r.exchange(r.ctx)
		close(round.done)
	}
}

// take returns who waits, or nil when the run is over.
func (r *Rounds) take() *Round {
	r.mu.Lock()
	defer r.mu.Unlock()
	round := r.mu.next
	r.mu.next = nil
	r.mu.running = round != nil
	return round
}

// Close ends the context of the exchanges and waits for the last.
func (r *Rounds) Close() {
	r.mu.Lock()
	r.mu.closed = true
	r.mu.Unlock()
	r.cancel()
	r.wg.Wait()
}
