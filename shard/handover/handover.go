package handover

import (
	"context"
	"sync"
)

// Handover is the turnstile of one group. Make one with New.
type Handover struct {
	mu struct {
		sync.Mutex
		done chan struct{} // nil while no leadership is being handed over
	}
	turn chan struct{} // one change of members or leader at a time
}

// New returns a turnstile at which nobody stands.
func New() *Handover { return &Handover{turn: make(chan struct{}, 1)} }

// Take waits for the turn to change something and returns what gives it back. The error
// is that of ctx.
func (h *Handover) Take(ctx context.Context) (free func(), err error) {
	select {
	case h.turn <- struct{}{}:
		return func() { <-h.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Begin holds entries back until end is called. The turn must be the caller's.
func (h *Handover) Begin() (end func()) {
	done := make(chan struct{})
	h.mu.Lock()
	h.mu.done = done
	h.mu.Unlock()
	return func() {
		h.mu.Lock()
		h.mu.done = nil
		h.mu.Unlock()
		close(done)
	}
}

// Wait returns when no leadership is being handed over, or with ctx.
func (h *Handover) Wait(ctx context.Context) {
	h.mu.Lock()
	done := h.mu.done
	h.mu.Unlock()
	if done == nil {
		return
	}
	select {
	case <-done:
	case <-ctx.Done():
	}
}
