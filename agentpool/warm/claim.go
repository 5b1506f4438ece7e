package warm

import (
	"context"
	"sync/atomic"
)

// Claim is an instance that somebody has. Give it back once, by Release or Discard; what
// comes after that does nothing.
type Claim[T any] struct {
	Value    T
	pool     *Pool[T]
	instance *instance[T]
	over     atomic.Bool
}

// Release gives back an instance that works: it is reset, beside the caller, and ready again.
// Once the pool is closed it is closed, before Release returns.
func (c *Claim[T]) Release() {
	if !c.over.Swap(true) && !c.pool.reset(c.instance) {
		c.pool.close(c.instance)
	}
}

// Discard gives back an instance that must not be used again: it is closed, before Discard
// returns.
func (c *Claim[T]) Discard() {
	if c.over.Swap(true) {
		return
	}
	c.pool.mu.Lock()
	c.pool.mu.stats.Claimed--
	c.pool.mu.Unlock()
	c.pool.close(c.instance)
}

// reset begins to reset an instance that comes back, unless the pool is closed.
func (p *Pool[T]) reset(i *instance[T]) bool {
	m := &p.mu
	m.Lock()
	defer m.Unlock()
	m.stats.Claimed--
	if m.closed {
		return false
	}
	m.stats.Resetting++
	p.running.Go(func() {
		if !p.clean(i) {
			p.close(i)
		}
	})
	return true
}

// clean resets an instance and makes it ready; it is not, and never will be, when Reset has
// failed or taken too long.
func (p *Pool[T]) clean(i *instance[T]) bool {
	ctx, cancel := context.WithTimeout(p.ctx, p.config.ResetWithin)
	defer cancel()
	inTime := context.AfterFunc(ctx, func() { p.late(1) })
	err := p.guard(func() error { return p.config.Reset(ctx, i.value) })
	if !inTime() {
		p.late(-1)
		err = context.Cause(ctx)
	}
	m := &p.mu
	m.Lock()
	defer m.Unlock()
	m.stats.Resetting--
	m.stats.Resets++
	if m.closed {
		return false
	}
	if m.stats.ResetError = err; err != nil {
		m.stats.ResetFailed++
		return false
	}
	i.used = true
	p.shelve(i)
	return true
}

// late counts a reset that takes too long: its instance will not be ready, so another is made.
func (p *Pool[T]) late(by int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.late += by; by > 0 && len(p.mu.turns) > max(p.coming(), 0) {
		p.dismiss(max(p.coming(), 0), p.full())
	}
	p.refill()
}
