package warm

import (
	"context"
	"slices"
)

// turn tells a claim that waits what it gets, once.
type turn[T any] chan got[T]

// got is an instance, or a seat for one that the claim makes itself, or why neither.
type got[T any] struct {
	i   *instance[T]
	err error
}

// coming returns how many instances are on their way to being ready. So many claims can
// wait, each for one of them. The lock is held.
func (p *Pool[T]) coming() int { return p.mu.making + p.mu.stats.Resetting - p.mu.late }

// await waits for a turn.
func (p *Pool[T]) await(ctx context.Context, t turn[T]) (*instance[T], error) {
	select {
	case g := <-t:
		return g.i, g.err
	case <-ctx.Done():
	}
	m := &p.mu
	m.Lock()
	defer m.Unlock()
	if at := slices.Index(m.turns, t); at >= 0 {
		m.turns = slices.Delete(m.turns, at, at+1)
		return nil, context.Cause(ctx)
	}
	g := <-t // it came meanwhile
	return g.i, g.err
}

// next gives whoever has waited longest an instance, or a seat if it is nil, and reports
// whether somebody waited. The lock is held.
func (p *Pool[T]) next(i *instance[T]) bool {
	m := &p.mu
	if len(m.turns) == 0 {
		return false
	}
	m.turns[0] <- got[T]{i: i}
	m.turns = slices.Delete(m.turns, 0, 1)
	if i != nil {
		m.stats.Waited++
	}
	p.claimed(i)
	return true
}

// gone gives the seat of an instance back; the lock is held.
func (p *Pool[T]) gone() {
	if p.next(nil) {
		return
	}
	p.mu.all--
	p.refill()
}

// dismiss refuses those who have waited least until no more than this many are left; the lock
// is held.
func (p *Pool[T]) dismiss(left int, err error) {
	m := &p.mu
	for n := len(m.turns); n > left; n = len(m.turns) {
		m.turns[n-1] <- got[T]{err: err}
		m.turns = slices.Delete(m.turns, n-1, n)
	}
}
