package post

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"roster"
	"roster/mailbox"
)

// Run hands mailboxes over whose agents live elsewhere, and lets go of what is old, until
// ctx ends.
func (p *Post) Run(ctx context.Context) error {
	for round := 1; wait(ctx, sweepEvery); round++ {
		var moving errgroup.Group
		moving.SetLimit(movingMax)
		for id, x := range p.boxes.list() { // order-free: each for itself
			p.boxes.expire(id, x, time.Now())
			if round%waitersEvery == 0 || !p.boxes.empty(x) {
				p.sweep(ctx, id, x, moving.Go)
			}
		}
		_ = moving.Wait() // hand-overs say themselves what went wrong, and are tried again
	}
	return nil
}

// sweep looks at one mailbox. What takes other nodes goes by run.
func (p *Post) sweep(ctx context.Context, id roster.AgentID, x *box, run func(func() error)) {
	f, err := p.find(ctx, id, roster.Read{})
	switch {
	case roster.CodeOf(err) == roster.CodeNotFound:
		run(func() error { return p.discard(ctx, id, x, "it is not on the roll any more") })
	case roster.CodeOf(err) == roster.CodeRefused:
		run(func() error { return p.discard(ctx, id, x, "it has stopped") })
	case err == nil && f.home != p.config.Self:
		run(func() error { return p.handOver(ctx, id, x, f.home) })
	}
}

// discard empties the mailbox of an agent that is no more, if that is so of all that was
// acknowledged: the replica that was looked at may be behind. Who waits for an answer is told.
func (p *Post) discard(ctx context.Context, id roster.AgentID, x *box, why string) error {
	ctx, cancel := within(ctx)
	defer cancel()
	_, err := p.find(ctx, id, roster.Read{Level: roster.ReadLinearizable})
	if code := roster.CodeOf(err); code != roster.CodeNotFound && code != roster.CodeRefused {
		return err
	}
	var lost mailbox.Contents
	p.boxes.remove(id, x, func(x *box) bool {
		lost, _ = x.mu.Contents(mailbox.MessagesMax+1, int(BytesMax), time.Now())
		return true
	})
	for _, d := range lost.Messages {
		p.refuse(ctx, d.Message, why)
	}
	return nil
}

// handOver brings what is in a mailbox to the node where its agent lives. What cannot be
// brought stays, and is tried again.
func (p *Post) handOver(ctx context.Context, id roster.AgentID, x *box, to roster.NodeID) error {
	ctx, cancel := within(ctx)
	defer cancel()
	for {
		var part mailbox.Contents
		all := false
		there := p.boxes.locked(x, func(x *box) {
			x.mu.moving = true
			x.tell()
			part, all = x.mu.Contents(moveMessages, moveBytes, time.Now())
		})
		if !there {
			return nil
		}
		if part.Agent = id; len(part.Messages)+len(part.Marks) == 0 {
			break
		}
		if _, err := ask[bool](ctx, p, to, MethodMove, part); err != nil {
			p.config.Logger.Info("hand a mailbox over", "agent", id, "to", to, "err", err)
			p.boxes.locked(x, func(x *box) { x.mu.moving = false })
			return err
		}
		p.boxes.locked(x, func(x *box) { x.mu.Leave(part) })
		if all {
			break
		}
	}
	p.boxes.remove(id, x, func(x *box) bool { // unless something has come meanwhile: that is for the next time
		x.mu.moving = false
		return x.mu.Len() == 0
	})
	return nil
}

// accept takes what was in the mailbox of an agent on another node.
func (p *Post) accept(c mailbox.Contents) error {
	if err := c.Agent.Validate(); err != nil {
		return err
	}
	for i := range c.Messages {
		m := &c.Messages[i]
		if err := m.Validate(); err != nil {
			return err
		}
		if m.To != c.Agent {
			return roster.Invalid("to", "a message to %s in the mailbox of %s", m.To, c.Agent)
		}
	}
	p.boxes.with(c.Agent, p.config.Limits, func(x *box) {
		x.mu.Accept(c, time.Now())
		x.tell()
	})
	return nil
}
