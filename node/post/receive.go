package post

import (
	"context"
	"time"

	"roster"
	"roster/acting"
	"roster/mailbox"
)

// taking is what a receiver asks of the node of its mailbox, which the node it asked has
// proved.
type taking struct {
	After roster.Token    `json:"after"`
	Agent roster.AgentID  `json:"agent"`
	Epoch roster.Epoch    `json:"epoch"`
	Ask   mailbox.Receive `json:"ask"`
}

// Receive gives the caller what is in its mailbox.
func (p *Post) Receive(ctx context.Context, r mailbox.Receive) (got []mailbox.Delivery, err error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	if err := p.caller(ctx, r.Agent); err != nil {
		return nil, err
	}
	claim, _ := acting.From(ctx)
	ctx, cancel := context.WithTimeout(ctx, time.Duration(r.Wait)+roster.RequestDeadline)
	defer cancel()
	err = p.there(ctx, r.Agent, func(ctx context.Context, f found) (err error) {
		if f.home == p.config.Self {
			got, err = p.take(ctx, taking{f.after(), r.Agent, claim.Epoch, r})
			return err
		}
		got, err = p.takeThere(ctx, f, taking{f.after(), r.Agent, claim.Epoch, r})
		return err
	})
	return got, err
}

func (p *Post) takeThere(ctx context.Context, f found, t taking) ([]mailbox.Delivery, error) {
	select {
	case p.away <- struct{}{}:
		defer func() { <-p.away }()
	default:
		return nil, &roster.Error{Code: roster.CodeOverloaded, RetryAfter: mailbox.RetryAfter,
			Detail: "too many agents of other nodes wait here for messages: ask node " + string(f.home)}
	}
	return ask[[]mailbox.Delivery](ctx, p, f.home, MethodTake, t)
}

// take takes from a mailbox here, and waits for the first message as long as it may.
func (p *Post) take(ctx context.Context, t taking) ([]mailbox.Delivery, error) {
	f, err := p.mine(ctx, t.Agent, t.After)
	if err != nil {
		return nil, err
	}
	if t.Epoch != f.Epoch {
		return nil, roster.Errorf(roster.CodeConflict, "%s asks under epoch %d, but lives under %d: it was replaced", f.ID, t.Epoch, f.Epoch)
	}
	waiting, cancel := context.WithTimeout(ctx, time.Duration(t.Ask.Wait))
	defer cancel()
	got, err := p.await(waiting, roster.Actor{Agent: f.ID, Epoch: t.Epoch}, t.Ask.After, max(t.Ask.Most, 1))
	if ctx.Err() == nil && waiting.Err() != nil && err == nil && got == nil {
		got = []mailbox.Delivery{}
	}
	return got, err
}

// await takes what is there, at once or when something comes; nothing when ctx ends.
func (p *Post) await(ctx context.Context, a roster.Actor, after uint64, most int) (got []mailbox.Delivery, err error) {
	for {
		var changed <-chan struct{}
		var mine *box // in which this call is counted among those that wait
		p.boxes.with(a.Agent, p.config.Limits, func(x *box) {
			if x.mu.moving {
				err = roster.Errorf(roster.CodeMoved, "the mailbox of %s is on its way to another node", a.Agent)
				return
			}
			got, err = x.mu.Take(a.Epoch, after, most, time.Now())
			if err == nil && len(got) == 0 && ctx.Err() == nil {
				changed, mine = x.mu.changed, x
				x.mu.waits++
			}
		})
		if mine == nil {
			return got, err
		}
		err = p.comes(ctx, changed)
		mine.mu.Lock()
		mine.mu.waits--
		gone := mine.mu.gone
		mine.mu.Unlock()
		switch {
		case err != nil:
			return nil, err
		case gone:
			return nil, roster.Errorf(roster.CodeMoved, "the mailbox of %s is not here any more", a.Agent)
		}
	}
}

// comes waits until a mailbox has changed or ctx ends.
func (p *Post) comes(ctx context.Context, changed <-chan struct{}) error {
	select {
	case <-changed:
		return nil
	case <-ctx.Done():
		return nil
	case <-p.closed.Done():
		return &roster.Error{Code: roster.CodeUnavailable, RetryAfter: time.Second, Detail: "this node stops"}
	}
}

// Mailbox tells how full the mailbox of an agent is.
func (p *Post) Mailbox(ctx context.Context, id roster.AgentID) (s mailbox.State, err error) {
	if err := id.Validate(); err != nil {
		return s, err
	}
	ctx, cancel := within(ctx)
	defer cancel()
	err = p.there(ctx, id, func(ctx context.Context, f found) (err error) {
		if f.home == p.config.Self {
			s, err = p.state(ctx, asking{f.after(), id})
			return err
		}
		s, err = ask[mailbox.State](ctx, p, f.home, MethodState, asking{f.after(), id})
		return err
	})
	return s, err
}

type asking struct {
	After roster.Token   `json:"after"`
	Agent roster.AgentID `json:"agent"`
}

func (p *Post) state(ctx context.Context, a asking) (s mailbox.State, err error) {
	if _, err := p.mine(ctx, a.Agent, a.After); err != nil {
		return s, err
	}
	s = mailbox.New(p.config.Limits(a.Agent)).State()
	if x := p.boxes.known(a.Agent); x != nil {
		p.boxes.locked(x, func(x *box) { s = x.mu.State() })
	}
	s.Agent, s.Node = a.Agent, p.config.Self
	return s, nil
}
