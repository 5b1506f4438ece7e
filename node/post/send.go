package post

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"time"

	"golang.org/x/sync/errgroup"

	"roster"
	"roster/acting"
	"roster/mailbox"
)

// sendersMax bounds the messages of one Multicast that are on their way at a time.
const sendersMax = 32

// Send puts a message into the mailbox of one agent.
func (p *Post) Send(ctx context.Context, m mailbox.Message, wait time.Duration) (mailbox.Receipt, error) {
	if err := p.sender(ctx, &m); err != nil {
		return mailbox.Receipt{}, err
	}
	return p.send(ctx, m, wait)
}

// stamp checks a message and enters what only a node says.
func stamp(ctx context.Context, m *mailbox.Message) error {
	m.By, m.Epoch, m.ReplyTo = roster.PrincipalFrom(ctx), 0, ""
	if m.ID == "" {
		m.ID = rand.Text()
	}
	return m.Validate()
}

// sender checks a message, and who sends it, which is then in it.
func (p *Post) sender(ctx context.Context, m *mailbox.Message) error {
	if err := stamp(ctx, m); err != nil {
		return err
	}
	claim, claims := acting.From(ctx)
	if !claims {
		if m.From != "" {
			return roster.Errorf(roster.CodeDenied, "from %s: who calls has not said that it is that agent", m.From)
		}
		return nil
	}
	if m.From != "" && m.From != claim.Agent {
		return roster.Errorf(roster.CodeDenied, "from %s: who calls is %s", m.From, claim.Agent)
	}
	m.From, m.Epoch = claim.Agent, claim.Epoch
	return p.Prove(ctx, claim)
}

// send is Send of a message whose sender is known.
func (p *Post) send(ctx context.Context, m mailbox.Message, wait time.Duration) (mailbox.Receipt, error) {
	if wait < 0 || wait > mailbox.WaitMax {
		return mailbox.Receipt{}, roster.Invalid("wait", "%v; want at most %v", wait, mailbox.WaitMax)
	}
	if wait == 0 {
		return p.deliver(ctx, m)
	}
	ticket, answer, err := p.waiter.take()
	if err != nil {
		return mailbox.Receipt{}, err
	}
	defer p.waiter.leave(ticket)
	m.ReplyTo = ticket + "@" + string(p.config.Self)
	if m.TTL == 0 || time.Duration(m.TTL) > wait {
		m.TTL = roster.Duration(wait) // nobody waits for an answer after that
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	receipt, err := p.deliver(ctx, m)
	if err != nil {
		return receipt, err
	}
	return p.answered(ctx, receipt, answer)
}

// answered waits for the answer to a message.
func (p *Post) answered(ctx context.Context, receipt mailbox.Receipt, answer <-chan mailbox.Reply) (mailbox.Receipt, error) {
	select {
	case a := <-answer:
		receipt.Answer, receipt.Error = a.Body, a.Error
		if a.Error != "" {
			receipt.Code = roster.CodeRefused
		}
		return receipt, nil
	case <-ctx.Done():
		return receipt, roster.Errorf(roster.CodeUnknown, "%s has not answered in time", receipt.To)
	case <-p.closed.Done():
		return receipt, roster.Errorf(roster.CodeUnknown, "this node stops; %s has not answered yet", receipt.To)
	}
}

// deliver brings a message to the mailbox.
func (p *Post) deliver(ctx context.Context, m mailbox.Message) (receipt mailbox.Receipt, err error) {
	ctx, cancel := within(ctx)
	defer cancel()
	receipt = mailbox.Receipt{ID: m.ID, To: m.To}
	bring := func(ctx context.Context, f found) (err error) {
		receipt.Node = f.home
		if f.home == p.config.Self {
			receipt.Repeated, err = p.put(ctx, putting{After: f.after(), Message: m})
			return err
		}
		receipt.Repeated, err = ask[bool](ctx, p, f.home, MethodPut, putting{After: f.after(), Message: m})
		return err
	}
	err = p.there(ctx, m.To, bring)
	for tries := 0; tries < wakesMax && p.woken(ctx, m.To, err); tries++ {
		err = p.reach(ctx, m.To, roster.Read{Level: roster.ReadLinearizable}, bring)
	}
	return receipt, err
}

// wakesMax is how often an agent is woken for one message: it may fall asleep again before
// that has come.
const wakesMax = 3

// woken reports whether an agent that was not found is there now, because of a message.
func (p *Post) woken(ctx context.Context, id roster.AgentID, err error) bool {
	code := roster.CodeOf(err)
	return (code == roster.CodeNotFound || code == roster.CodeRefused) && p.config.Wake != nil && p.config.Wake(ctx, id)
}

// putting is a message on its way, and what its sender knew of the receiver.
type putting struct {
	After   roster.Token    `json:"after"`
	Message mailbox.Message `json:"message"`
}

// put puts a message into a mailbox here. Those that made room for it are answered.
func (p *Post) put(ctx context.Context, m putting) (repeated bool, err error) {
	if _, err := p.mine(ctx, m.Message.To, m.After); err != nil {
		return false, err
	}
	if p.boxes.bytes.Load()+int64(m.Message.Size()) > BytesMax {
		return false, &roster.Error{Code: roster.CodeOverloaded, RetryAfter: mailbox.RetryAfter, Detail: "the mailboxes of node " + string(p.config.Self) + " are full"}
	}
	var dropped []mailbox.Message
	p.boxes.with(m.Message.To, p.config.Limits, func(x *box) {
		var fresh bool
		x.mu.Limit(p.config.Limits(m.Message.To))
		dropped, fresh, err = x.mu.Put(m.Message, time.Now())
		if repeated = err == nil && !fresh; fresh {
			x.tell()
		}
	})
	for _, d := range dropped {
		p.refuse(ctx, d, "the mailbox is full: others took its place")
	}
	return repeated, err
}

// refuse tells who waits for the answer to a message that there will be none.
func (p *Post) refuse(ctx context.Context, m mailbox.Message, why string) {
	if m.ReplyTo == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, tellWithin)
	defer cancel()
	if err := p.reply(ctx, mailbox.Reply{Agent: m.To, To: m.ReplyTo, Error: why}); err != nil {
		p.config.Logger.Debug("tell a sender", "agent", m.To, "err", err)
	}
}

// Multicast sends a message to each agent that a query finds.
func (p *Post) Multicast(ctx context.Context, m mailbox.Message, q roster.Query) ([]mailbox.Receipt, error) {
	q.Limit = mailbox.MulticastTo
	page, err := p.config.Find(ctx, q)
	if err != nil {
		return nil, err
	}
	if page.Cursor != "" {
		return nil, roster.Errorf(roster.CodeRefused, "the query finds more than %d agents", mailbox.MulticastTo)
	}
	receipts := make([]mailbox.Receipt, len(page.Agents))
	if len(receipts) == 0 {
		return receipts, nil
	}
	m.To = page.Agents[0].ID
	if err := p.sender(ctx, &m); err != nil {
		return nil, err
	}
	var sending errgroup.Group
	sending.SetLimit(sendersMax)
	for i, r := range page.Agents {
		sending.Go(func() error {
			one := m
			one.To = r.ID
			receipt, err := p.deliver(ctx, one)
			if err != nil {
				receipt.Code, receipt.Error = roster.CodeOf(err), err.Error()
			}
			receipts[i] = receipt
			return nil
		})
	}
	return receipts, sending.Wait()
}

// ask calls a method of another node.
func ask[Out, In any](ctx context.Context, p *Post, to roster.NodeID, method uint8, in In) (out Out, err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	b, err := p.config.Call(ctx, to, method, body)
	if err != nil {
		return out, err
	}
	return out, json.Unmarshal(b, &out)
}
