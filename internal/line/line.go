package line

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"roster"
)

// RetryAfter is when whom a full line refused may come back.
const RetryAfter = time.Second

// Line is a line of callers. Make one with New.
type Line struct {
	what            string
	places, waiters int
	free            *semaphore.Weighted
	ctx             context.Context // ends when the line is closed
	cancel          context.CancelFunc
	mu              struct {
		sync.Mutex
		in, waiting int
		closed      bool
	}
}

// New returns a line for this many places, at least one, and this many callers that wait.
// what stands in errors.
func New(what string, places, waiters int) *Line {
	l := &Line{what: what, places: max(places, 1), waiters: max(waiters, 0)}
	l.free = semaphore.NewWeighted(int64(l.places))
	l.ctx, l.cancel = context.WithCancel(context.Background())
	return l
}

// Enter takes a place, and waits for its turn. The error is Overloaded when too many wait,
// Unavailable when the line is closed, and the cause of ctx's end.
func (l *Line) Enter(ctx context.Context) error {
	if err := l.TryEnter(); roster.CodeOf(err) != roster.CodeOverloaded {
		return err
	}
	if err := l.wait(1); err != nil {
		return err
	}
	err := l.turn(ctx)
	_ = l.wait(-1)
	return err
}

// TryEnter takes a place if one is free and nobody waits. The error is Overloaded otherwise,
// Unavailable when the line is closed.
func (l *Line) TryEnter() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.mu.closed:
		return l.ended()
	case !l.free.TryAcquire(1):
		return l.full("all of its %d places are taken", l.places)
	}
	l.mu.in++
	return nil
}

// wait counts one more who waits, or one less.
func (l *Line) wait(by int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if by > 0 && l.mu.waiting >= l.waiters {
		return l.full("%d wait already", l.mu.waiting)
	}
	l.mu.waiting += by
	return nil
}

// turn waits for a place until ctx ends or the line is closed.
func (l *Line) turn(ctx context.Context) error {
	both, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.ctx, cancel)()
	if l.free.Acquire(both, 1) != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return l.ended()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mu.closed { // both may not have heard of it yet
		l.free.Release(1)
		return l.ended()
	}
	l.mu.in++
	return nil
}

// Leave gives a place back; the first who waits has it.
func (l *Line) Leave() {
	l.mu.Lock()
	l.mu.in--
	l.mu.Unlock()
	l.free.Release(1)
}

// Len returns how many are in and how many wait.
func (l *Line) Len() (in, waiting int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mu.in, l.mu.waiting
}

// Close sends home who waits, lets nobody in any more, and waits until all have left or ctx
// ends.
func (l *Line) Close(ctx context.Context) error {
	l.mu.Lock()
	l.mu.closed = true
	l.mu.Unlock()
	l.cancel()
	if l.free.Acquire(ctx, int64(l.places)) != nil {
		in, _ := l.Len()
		return fmt.Errorf("%s: %d have not left: %w", l.what, in, context.Cause(ctx))
	}
	l.free.Release(int64(l.places)) // another Close finds it empty, too
	return nil
}

func (l *Line) full(format string, args ...any) error {
	return &roster.Error{Code: roster.CodeOverloaded, RetryAfter: RetryAfter, Detail: l.what + " is full: " + fmt.Sprintf(format, args...)}
}

func (l *Line) ended() error {
	return roster.Errorf(roster.CodeUnavailable, "%s is closed", l.what)
}
