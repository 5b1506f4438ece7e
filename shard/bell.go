package shard

import (
	"context"
	"sync"
)

// bell wakes everybody who waits for a condition that others make true. The zero
// bell is ready; ringing costs little while nobody waits.
type bell struct {
	mu struct {
		sync.Mutex
		heard chan struct{} // nil while nobody waits
	}
}

// listen returns a channel that is closed by the next ring.
func (b *bell) listen() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.mu.heard == nil {
		b.mu.heard = make(chan struct{})
	}
	return b.mu.heard
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.mu.heard != nil {
		close(b.mu.heard)
		b.mu.heard = nil
	}
}

// wait returns nil as soon as done reports true, which it asks at first and after
// every ring, or the error of ctx.
func (b *bell) wait(ctx context.Context, done func() bool) error {
	for {
		heard := b.listen()
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
