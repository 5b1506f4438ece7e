package gate

import (
	"context"
	"time"

	"roster"
	"roster/access"
	"roster/mailbox"
)

// Mail is a mailbox.Service behind a gate. Make one with NewMail.
type Mail struct{ service mailbox.Service }

var _ mailbox.Service = (*Mail)(nil)

// NewMail returns s behind a gate.
func NewMail(s mailbox.Service) *Mail { return &Mail{s} }

// Send lets who may write in the namespace of the receiver send it a message.
func (g *Mail) Send(ctx context.Context, m mailbox.Message, wait time.Duration) (mailbox.Receipt, error) {
	if err := may(ctx, access.Write, m.To); err != nil {
		return mailbox.Receipt{}, err
	}
	return g.service.Send(ctx, m, wait)
}

// Multicast reaches the agents of the namespaces in which the caller may write, and no
// others. One that the query names and the caller may not write in is Denied.
func (g *Mail) Multicast(ctx context.Context, m mailbox.Message, q roster.Query) ([]mailbox.Receipt, error) {
	q, err := within(ctx, access.Write, q)
	if err != nil {
		return nil, err
	}
	return g.service.Multicast(ctx, m, q)
}

// Receive lets who may write in its namespace be an agent; it is the service that asks for
// the proof.
func (g *Mail) Receive(ctx context.Context, r mailbox.Receive) ([]mailbox.Delivery, error) {
	if err := may(ctx, access.Write, r.Agent); err != nil {
		return nil, err
	}
	return g.service.Receive(ctx, r)
}

// Reply is judged as Receive.
func (g *Mail) Reply(ctx context.Context, r mailbox.Reply) error {
	if err := may(ctx, access.Write, r.Agent); err != nil {
		return err
	}
	return g.service.Reply(ctx, r)
}

// Mailbox tells who may read in the namespace of an agent how full its mailbox is.
func (g *Mail) Mailbox(ctx context.Context, id roster.AgentID) (mailbox.State, error) {
	if err := may(ctx, access.Read, id); err != nil {
		return mailbox.State{}, err
	}
	return g.service.Mailbox(ctx, id)
}
