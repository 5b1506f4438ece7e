package router

import (
	"context"
	"time"

	"roster"
)

// Between tries the router waits this long, doubling.
const (
	backoffFirst = 5 * time.Millisecond
	backoffMax   = 160 * time.Millisecond
)

// Retry paces the tries of one operation: the first at once, one more at once for
// each fresh hint up to HopsMax, then with growing pauses until the context ends.
type Retry struct {
	tries, hops int
	pause       time.Duration
}

// Next waits for the next try and reports whether there is one. hinted says that an
// answer named whom to ask.
func (t *Retry) Next(ctx context.Context, hinted bool) bool {
	t.tries++
	if t.tries == 1 {
		return ctx.Err() == nil
	}
	if hinted && t.hops < roster.HopsMax-1 {
		t.hops++
		return ctx.Err() == nil
	}
	t.hops = 0
	t.pause = min(max(2*t.pause, backoffFirst), backoffMax)
	return Wait(ctx, t.pause)
}

// Wait returns after d, or false at once when ctx ends first.
func Wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// WithDeadline gives ctx the RequestDeadline unless it has one.
func WithDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {} // nothing to release
	}
	return context.WithTimeout(ctx, roster.RequestDeadline)
}
