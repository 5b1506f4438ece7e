package post

import (
	"context"
	"encoding/json"
	"time"

	"roster"
	"roster/mailbox"
)

// Agent is the post of one activation that runs in this process. Its methods are for one
// goroutine at a time.
type Agent struct {
	post  *Post
	actor roster.Actor
	after uint64
}

// Of returns the post of an activation that runs on this node.
func (p *Post) Of(a roster.Actor) *Agent { return &Agent{post: p, actor: a} }

// movedPause is how long an activation waits that asks for messages which are on their way
// to where the agent lives now: it is about to be stopped.
const movedPause = 100 * time.Millisecond

// Receive finishes the message before and waits for the next. Once ctx has ended it gives
// none any more, and the one before is finished all the same.
func (a *Agent) Receive(ctx context.Context) (mailbox.Delivery, error) {
	most := 1
	for {
		if ctx.Err() != nil {
			most = 0
		}
		got, err := a.post.await(ctx, a.actor, a.after, most)
		switch {
		case roster.CodeOf(err) == roster.CodeMoved && wait(ctx, movedPause):
		case ctx.Err() != nil && len(got) == 0:
			return mailbox.Delivery{}, ctx.Err()
		case err != nil:
			return mailbox.Delivery{}, err
		default:
			a.after = got[0].Number
			return got[0], nil
		}
	}
}

// Send sends a message of the agent's.
func (a *Agent) Send(ctx context.Context, m mailbox.Message, wait time.Duration) (mailbox.Receipt, error) {
	if err := stamp(ctx, &m); err != nil {
		return mailbox.Receipt{}, err
	}
	m.From, m.Epoch = a.actor.Agent, a.actor.Epoch
	return a.post.send(ctx, m, wait)
}

// Reply answers a message; failed says, instead of an answer, why there is none.
func (a *Agent) Reply(ctx context.Context, m mailbox.Delivery, body json.RawMessage, failed string) error {
	r := mailbox.Reply{Agent: a.actor.Agent, To: m.ReplyTo, Body: body, Error: failed}
	if err := r.Validate(); err != nil {
		return err
	}
	return a.post.reply(ctx, r)
}
