package handover

import (
	"context"
	"sync"
	"time"
)

// Handover is the turnstile of one group. Make one with New.
type Handover struct {
	mu struct {
		sync.Mutex
		done    chan struct{} // nil while no leadership is being handed over
		blocked time.Time     // since when Raft takes no entry because of a transfer
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

// Stuck notes whether Raft refuses entries because of a transfer, and reports whether it has
// for longer than most.
func (h *Handover) Stuck(blocked bool, now time.Time, most time.Duration) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !blocked {
		h.mu.blocked = time.Time{}
		return false
	}
	if h.mu.blocked.IsZero() {
		h.mu.blocked = now
	}
	return now.Sub(h.mu.blocked) > most
}
