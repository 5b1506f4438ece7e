package warm

import (
	"context"
	"fmt"
	"sync"
	"time"

	"roster"
)

const (
	// MakeWithin bounds what one Make may take where nothing else is said.
	MakeWithin = 30 * time.Second
	// ResetWithin bounds what one Reset may take where nothing else is said.
	ResetWithin = 5 * time.Second
	// SpareFor is how long an unused instance beyond the target is kept where nothing else
	// is said.
	SpareFor = time.Minute
	// MakingMax bounds the instances that are made at once before anybody asks.
	MakingMax = 4
	// PauseMin is the pause after a Make that failed; it doubles up to PauseMax.
	PauseMin = 100 * time.Millisecond
	// PauseMax bounds that pause.
	PauseMax = 30 * time.Second
	// RetryAfter is when whom a full pool refused may come back.
	RetryAfter = time.Second
)

// Config says what a Pool keeps. Make and Reset are needed.
type Config[T any] struct {
	Name string // stands in errors
	// Target instances are ready or on their way; Resize changes it.
	Target int
	// Max bounds all instances, those that are claimed too; below Target and 1 it is the
	// greater of them.
	Max int
	// Make prepares an instance.
	Make func(ctx context.Context) (T, error)
	// Reset has an instance forget who used it. After an error it is closed.
	Reset func(ctx context.Context, instance T) error
	// Close lets go of an instance; nil: nothing has to be done.
	Close func(instance T)
	// MakeWithin, ResetWithin and SpareFor are the constants of their names where they are 0.
	MakeWithin, ResetWithin, SpareFor time.Duration
}

// Pool keeps instances ready. Make one with New.
type Pool[T any] struct {
	config  Config[T]
	ctx     context.Context // ends when the pool is closed
	cancel  context.CancelFunc
	running sync.WaitGroup // what makes, resets and closes
	mu      struct {
		sync.Mutex
		target int
		ready  []*instance[T] // the one that was ready last is the last
		turns  []turn[T]      // claims that wait for one that is on its way
		all    int            // instances in any state: Max bounds them
		making int            // before anybody asked
		late   int            // of those that are reset: beyond their time
		fails  int            // such makings that failed in a row
		pause  *time.Timer    // until the next is tried; nil: there is none
		trim   *time.Timer    // until the oldest that is spare has been so for too long
		closed bool
		stats  Stats
	}
}

// instance is one, while nobody or a Claim has it.
type instance[T any] struct {
	value T
	used  bool // claimed before
	since time.Time
}

// New returns a pool that begins to make its instances.
func New[T any](c Config[T]) *Pool[T] {
	c.Target = max(c.Target, 0)
	c.Max = max(c.Max, c.Target, 1)
	for _, t := range []struct {
		at      *time.Duration
		without time.Duration
	}{{&c.MakeWithin, MakeWithin}, {&c.ResetWithin, ResetWithin}, {&c.SpareFor, SpareFor}} {
		if *t.at <= 0 {
			*t.at = t.without
		}
	}
	if c.Close == nil {
		c.Close = func(T) {}
	}
	p := &Pool[T]{config: c}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.Resize(c.Target)
	return p
}

// Resize changes how many are kept ready, at most Max.
func (p *Pool[T]) Resize(target int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.target = min(max(target, 0), p.config.Max)
	p.refill()
	p.spare()
}

// Claim returns an instance: a ready one at once, otherwise one that it makes. When there are
// Max, it waits for one that is being made or reset, if there is one for it. The error is
// Overloaded when there is none, Unavailable when the pool is closed, the cause of ctx's end,
// or that of Make.
func (p *Pool[T]) Claim(ctx context.Context) (*Claim[T], error) {
	i, turn, err := p.pop()
	if turn != nil {
		i, err = p.await(ctx, turn)
	}
	if err == nil && i == nil {
		i, err = p.cold(ctx)
	}
	if err != nil {
		return nil, err
	}
	return &Claim[T]{Value: i.value, pool: p, instance: i}, nil
}

// pop takes what is ready. If that is nothing, there is a seat for one that the caller makes,
// or a turn that comes.
func (p *Pool[T]) pop() (*instance[T], turn[T], error) {
	m := &p.mu
	m.Lock()
	defer m.Unlock()
	switch n := len(m.ready); {
	case m.closed:
		return nil, nil, p.ended()
	case n > 0:
		i := m.ready[n-1]
		m.ready[n-1], m.ready = nil, m.ready[:n-1]
		m.stats.Hits++
		p.claimed(i)
		p.refill()
		return i, nil, nil
	case m.all < p.config.Max:
		m.all++
		p.claimed(nil)
		return nil, nil, nil
	case len(m.turns) < p.coming():
		t := make(turn[T], 1)
		m.turns = append(m.turns, t)
		return nil, t, nil
	}
	return nil, nil, p.full()
}

// claimed counts a claim that has an instance, or a seat for one; the lock is held.
func (p *Pool[T]) claimed(i *instance[T]) {
	p.mu.stats.Claimed++
	if i == nil {
		p.mu.stats.Cold++
	} else if i.used {
		p.mu.stats.Reused++
	}
}

// full counts a claim that is refused; the lock is held.
func (p *Pool[T]) full() error {
	p.mu.stats.Refused++
	return &roster.Error{Code: roster.CodeOverloaded, RetryAfter: RetryAfter, Detail: fmt.Sprintf("the pool of %s is full: all of its %d are in use", p.config.Name, p.mu.all)}
}

func (p *Pool[T]) ended() error {
	return roster.Errorf(roster.CodeUnavailable, "the pool of %s is closed", p.config.Name)
}

// cold makes an instance for who waits for it.
func (p *Pool[T]) cold(ctx context.Context) (*instance[T], error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.ctx, cancel)()
	i, err := p.make(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.mu.stats.Claimed--
		p.mu.stats.Cold--
		p.gone()
		return nil, fmt.Errorf("make one of %s: %w", p.config.Name, err)
	}
	p.refill() // claims come: some are wanted ready
	return i, nil
}

// make makes an instance, and counts.
func (p *Pool[T]) make(ctx context.Context) (*instance[T], error) {
	ctx, cancel := context.WithTimeout(ctx, p.config.MakeWithin)
	defer cancel()
	i := &instance[T]{}
	err := p.guard(func() (err error) {
		i.value, err = p.config.Make(ctx)
		return err
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.stats.MakeError = err; err != nil {
		p.mu.stats.MakeFailed++
		return nil, err
	}
	p.mu.stats.Made++
	return i, nil
}

// close lets go of an instance.
func (p *Pool[T]) close(i *instance[T]) {
	_ = p.guard(func() error { p.config.Close(i.value); return nil })
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.stats.Closed++
	p.gone()
}

// guard makes an error of a panic.
func (p *Pool[T]) guard(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return f()
}

// Close closes what is ready, and waits until what the pool makes, resets and closes is done,
// or ctx ends. What is claimed then is closed when it is given back.
func (p *Pool[T]) Close(ctx context.Context) error {
	m := &p.mu
	m.Lock()
	for _, i := range m.ready {
		p.running.Go(func() { p.close(i) })
	}
	m.ready, m.closed = nil, true
	p.dismiss(0, p.ended())
	for _, t := range []*time.Timer{m.pause, m.trim} {
		if t != nil {
			t.Stop()
		}
	}
	m.Unlock()
	p.cancel()
	done := make(chan struct{})
	go func() {
		p.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		s := p.Stats()
		return fmt.Errorf("the pool of %s: %d are made and %d reset still: %w", p.config.Name, s.Making, s.Resetting, context.Cause(ctx))
	}
}
