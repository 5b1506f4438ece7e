package shared

import (
	"context"
	"sync"

	"roster"
)

// HeldMax bounds what one activation has at a time.
const HeldMax = 1024

// Holder is what one activation has of the node's blobs.
type Holder struct {
	blobs *Blobs
	mu    struct {
		sync.Mutex
		held   map[*use]bool // made when it is needed: most agents share nothing
		closed bool
	}
}

// use is one blob that was got once.
type use struct{ *blob }

// Holder returns one that has nothing.
func (s *Blobs) Holder() *Holder { return &Holder{blobs: s} }

// Get returns the blob of a key, loaded by load if no activation of this node has it, and
// what gives it back; called more than once, that does nothing more. The bytes are shared:
// they are not to be changed, nor read after they were given back. Errors are those of load,
// of ctx, Invalid for a key, Overloaded and TooLarge where there is no room, Refused for an
// activation that has ended or has HeldMax already.
func (h *Holder) Get(ctx context.Context, key string, load Load) (content []byte, release func(), err error) {
	if err := h.mayHold(); err != nil {
		return nil, nil, err
	}
	b, err := h.blobs.get(ctx, key, load)
	if err != nil {
		return nil, nil, err
	}
	u := &use{b}
	if err := h.hold(u); err != nil {
		h.blobs.leave(b)
		return nil, nil, err
	}
	return b.content, func() { h.release(u) }, nil
}

func (h *Holder) mayHold() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.refusal()
}

// refusal says why nothing more can be had; the lock is held.
func (h *Holder) refusal() error {
	switch {
	case h.mu.closed:
		return roster.Errorf(roster.CodeRefused, "the agent has ended")
	case len(h.mu.held) >= HeldMax:
		return roster.Errorf(roster.CodeRefused, "the agent has %d blobs, and that is the most", HeldMax)
	}
	return nil
}

func (h *Holder) hold(u *use) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.refusal(); err != nil {
		return err
	}
	if h.mu.held == nil {
		h.mu.held = map[*use]bool{}
	}
	h.mu.held[u] = true
	return nil
}

func (h *Holder) release(u *use) {
	h.mu.Lock()
	held := h.mu.held[u]
	delete(h.mu.held, u)
	h.mu.Unlock()
	if held {
		h.blobs.leave(u.blob)
	}
}

// Close gives back what the activation still has, and gives it nothing any more.
func (h *Holder) Close() {
	h.mu.Lock()
	held := h.mu.held
	h.mu.held, h.mu.closed = nil, true
	h.mu.Unlock()
	for u := range held {
		h.blobs.leave(u.blob)
	}
}
