package post

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"

	"roster"
	"roster/mailbox"
)

// waiter holds those who wait here for an answer, by their tickets.
type waiter struct {
	mu struct {
		sync.Mutex
		all map[string]chan mailbox.Reply
	}
}

func (w *waiter) init() { w.mu.all = map[string]chan mailbox.Reply{} }

// take gives a ticket that nobody guesses.
func (w *waiter) take() (string, <-chan mailbox.Reply, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.mu.all) >= WaitingMax {
		return "", nil, &roster.Error{Code: roster.CodeOverloaded, RetryAfter: mailbox.RetryAfter, Detail: "too many wait for answers at this node"}
	}
	ticket, answer := rand.Text(), make(chan mailbox.Reply, 1)
	w.mu.all[ticket] = answer
	return ticket, answer, nil
}

func (w *waiter) leave(ticket string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.mu.all, ticket)
}

// answer gives an answer to who waits for it.
func (w *waiter) answer(ticket string, r mailbox.Reply) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	answer := w.mu.all[ticket]
	if answer == nil {
		return roster.Errorf(roster.CodeNotFound, "nobody waits for this answer any more")
	}
	delete(w.mu.all, ticket)
	answer <- r // there is room for one, and no second finds it
	return nil
}

// Reply answers a message.
func (p *Post) Reply(ctx context.Context, r mailbox.Reply) error {
	if err := r.Validate(); err != nil {
		return err
	}
	if err := p.caller(ctx, r.Agent); err != nil {
		return err
	}
	return p.reply(ctx, r)
}

func (p *Post) reply(ctx context.Context, r mailbox.Reply) error {
	ticket, node, ok := strings.Cut(r.To, "@")
	if !ok || roster.NodeID(node).Validate() != nil {
		return roster.Invalid("to", "%.80q is the reply_to of no message", r.To)
	}
	if roster.NodeID(node) == p.config.Self {
		return p.waiter.answer(ticket, r)
	}
	_, err := ask[bool](ctx, p, roster.NodeID(node), MethodReply, r)
	return err
}
