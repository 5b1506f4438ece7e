package client

import (
	"cmp"
	"context"
	"crypto/rand"
	"time"

	"roster"
	"roster/mailbox"
)

// outgoing gives a message an id, so that it is one also when it is sent again.
func outgoing(m mailbox.Message, wait time.Duration) mailbox.Outgoing {
	m.ID = cmp.Or(m.ID, rand.Text())
	return mailbox.OutgoingOf(m, wait)
}

// mail is a call about messages. One that was sent with a wait is not sent again once it may
// be in the mailbox: its answer would go to who waited first.
func mail(what, path string, wait time.Duration) call {
	return call{policy: policy{what: what, write: true, once: what == "send" && wait > 0}, method: "POST", path: path, wait: wait}
}

// Send puts a message into the mailbox of an agent.
func (c *Client) Send(ctx context.Context, m mailbox.Message, wait time.Duration) (mailbox.Receipt, error) {
	if err := m.Validate(); err != nil {
		return mailbox.Receipt{}, err
	}
	r, _, err := send[mailbox.Receipt](ctx, c, withBody(mail("send", agentPath(m.To)+"/messages", wait), outgoing(m, wait)))
	return r, err
}

// Multicast sends a message to each agent that a query finds; see mailbox.CastOf.
func (c *Client) Multicast(ctx context.Context, m mailbox.Message, q roster.Query) ([]mailbox.Receipt, error) {
	in, err := mailbox.CastOf(outgoing(m, 0), q)
	if err != nil {
		return nil, err
	}
	got, _, err := send[struct{ Receipts []mailbox.Receipt }](ctx, c, withBody(mail("multicast", "/v1/messages", 0), in))
	return got.Receipts, err
}

// Receive gives the caller, an agent (acting.With), what is in its mailbox.
func (c *Client) Receive(ctx context.Context, r mailbox.Receive) ([]mailbox.Delivery, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	got, _, err := send[struct{ Messages []mailbox.Delivery }](ctx, c, withBody(mail("receive", agentPath(r.Agent)+"/receive", time.Duration(r.Wait)), r))
	return got.Messages, err
}

// Reply answers a message.
func (c *Client) Reply(ctx context.Context, r mailbox.Reply) error {
	if err := r.Validate(); err != nil {
		return err
	}
	_, err := c.exchange(ctx, withBody(mail("reply", agentPath(r.Agent)+"/replies", 0), r), nil)
	return err
}

// Mailbox tells how full the mailbox of an agent is.
func (c *Client) Mailbox(ctx context.Context, id roster.AgentID) (mailbox.State, error) {
	if err := id.Validate(); err != nil {
		return mailbox.State{}, err
	}
	s, _, err := send[mailbox.State](ctx, c, get(agentPath(id)+"/mailbox"))
	return s, err
}
