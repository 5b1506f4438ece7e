package replica

import (
	"context"
	"sync"
)

// Bell wakes everybody who waits for a condition that others make true. The zero
// Bell is ready; ringing costs little while nobody waits.
type Bell struct {
	mu struct {
		sync.Mutex
		heard chan struct{} // nil while nobody waits
	}
}

// Listen returns a channel that is closed by the next ring.
func (b *Bell) Listen() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.mu.heard == nil {
		b.mu.heard = make(chan struct{})
	}
	return b.mu.heard
}

// Ring wakes everybody who listens.
func (b *Bell) Ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.mu.heard != nil {
		close(b.mu.heard)
		b.mu.heard = nil
	}
}

// Wait returns nil as soon as done reports true, which it asks at first and after
// every ring, or the error of ctx.
func (b *Bell) Wait(ctx context.Context, done func() bool) error {
	for {
		heard := b.Listen()
		if done() {
			return nil
		}
		select {
		case <-heard:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
