package contract

import (
	"context"
	"encoding/json"
	"time"

	"roster"
	"roster/acting"
	"roster/mailbox"
)

// mail is the part of the service about messages.
func (f *fixture) mail() mailbox.Service {
	f.Helper()
	s, ok := f.s.(mailbox.Service)
	if !ok {
		f.Fatalf("%T brings no messages", f.s)
	}
	return s
}

const secret = "sixteen bytes or more"

// self registers an agent with a secret, and returns a context in which it calls.
func (f *fixture) self(name string) context.Context {
	f.Helper()
	a := f.agent(name)
	a.Secret = secret
	change, _ := f.create(a)
	return acting.With(f.ctx, acting.Claim{Actor: roster.Actor{Agent: a.ID, Epoch: change.Record.Epoch}, Secret: secret})
}

func messages(f *fixture) {
	alice, bob := f.self("alice"), f.self("bob")
	m := mailbox.Message{ID: "m1", To: f.id("bob"), Topic: "greeting", Body: json.RawMessage(`{"a":1}`), Priority: mailbox.High}
	receipt, err := f.mail().Send(alice, m, 0)
	f.must(err)
	again, err := f.mail().Send(alice, m, 0)
	if err != nil || receipt.ID != "m1" || receipt.To != m.To || receipt.Node == "" || receipt.Repeated || !again.Repeated {
		f.Errorf("%+v, then %+v, %v", receipt, again, err)
	}
	state, err := f.mail().Mailbox(f.ctx, m.To)
	if err != nil || state.Agent != m.To || state.Waiting != 1 || state.Repeated != 1 || state.Messages != mailbox.MessagesDefault {
		f.Errorf("%+v, %v", state, err)
	}
	got, err := f.mail().Receive(bob, mailbox.Receive{Agent: m.To, Most: 10})
	f.must(err)
	if len(got) != 1 || got[0].Number != 1 || got[0].From != f.id("alice") || got[0].Topic != m.Topic || string(got[0].Body) != string(m.Body) || got[0].ReplyTo != "" {
		f.Errorf("%+v", got)
	}
	if got, err = f.mail().Receive(bob, mailbox.Receive{Agent: m.To, After: 1, Wait: roster.Duration(20 * time.Millisecond)}); err != nil || len(got) != 0 {
		f.Errorf("nothing is left: %+v, %v", got, err)
	}
	f.answers(alice, bob)
	receipts, err := f.mail().Multicast(f.ctx, mailbox.Message{Topic: "all"}, roster.Query{Capabilities: []string{"work"}, Namespaces: []string{f.ns}})
	if err != nil || len(receipts) != 2 || receipts[0].Error != "" {
		f.Errorf("%+v, %v", receipts, err)
	}
}

// answers has bob answer alice, once by word and once that he could not.
func (f *fixture) answers(alice, bob context.Context) {
	f.Helper()
	for n, reply := range []mailbox.Reply{{Agent: f.id("bob"), Body: json.RawMessage(`"yes"`)}, {Agent: f.id("bob"), Error: "too busy"}} {
		answered := make(chan mailbox.Receipt, 1)
		go func() {
			receipt, err := f.mail().Send(alice, mailbox.Message{To: f.id("bob")}, patience)
			if err != nil {
				f.Errorf("ask: %v", err)
			}
			answered <- receipt
		}()
		got, err := f.mail().Receive(bob, mailbox.Receive{Agent: f.id("bob"), After: uint64(n + 1), Wait: roster.Duration(patience)})
		f.must(err)
		if len(got) != 1 {
			f.Fatalf("%+v", got)
		}
		reply.To = got[0].ReplyTo
		f.must(f.mail().Reply(bob, reply))
		if receipt := <-answered; string(receipt.Answer) != string(reply.Body) || receipt.Error != reply.Error {
			f.Errorf("%+v, want %+v", receipt, reply)
		}
		f.refused(f.mail().Reply(bob, reply), roster.CodeNotFound)
	}
	_, err := f.mail().Receive(bob, mailbox.Receive{Agent: f.id("bob"), After: 3})
	f.must(err)
}

func messagesRefused(f *fixture) {
	bob := f.self("bob")
	f.create(f.agent("mute"))
	send := func(ctx context.Context, m mailbox.Message, wait time.Duration) error {
		_, err := f.mail().Send(ctx, m, wait)
		return err
	}
	receive := func(ctx context.Context, r mailbox.Receive) error {
		_, err := f.mail().Receive(ctx, r)
		return err
	}
	claim, _ := acting.From(bob)
	as := func(epoch roster.Epoch, secret string) context.Context {
		return acting.With(f.ctx, acting.Claim{Actor: roster.Actor{Agent: claim.Agent, Epoch: epoch}, Secret: secret})
	}
	to := f.id("bob")
	for what, try := range map[string]struct {
		err  error
		code roster.Code
	}{
		"to nobody":         {send(f.ctx, mailbox.Message{To: f.id("nobody")}, 0), roster.CodeNotFound},
		"no id":             {send(f.ctx, mailbox.Message{}, 0), roster.CodeInvalid},
		"priority":          {send(f.ctx, mailbox.Message{To: to, Priority: "urgent"}, 0), roster.CodeInvalid},
		"too large":         {send(f.ctx, mailbox.Message{To: to, Body: make([]byte, mailbox.BodyMax+1)}, 0), roster.CodeTooLarge},
		"wait":              {send(f.ctx, mailbox.Message{To: to}, mailbox.WaitMax+1), roster.CodeInvalid},
		"no answer":         {send(f.ctx, mailbox.Message{To: to}, 30*time.Millisecond), roster.CodeUnknown},
		"from another":      {send(bob, mailbox.Message{To: to, From: f.id("mute")}, 0), roster.CodeDenied},
		"from nobody":       {send(f.ctx, mailbox.Message{To: to, From: to}, 0), roster.CodeDenied},
		"a wrong secret":    {send(as(claim.Epoch, secret+"x"), mailbox.Message{To: to}, 0), roster.CodeDenied},
		"another's mailbox": {receive(bob, mailbox.Receive{Agent: f.id("mute")}), roster.CodeDenied},
		"as nobody":         {receive(f.ctx, mailbox.Receive{Agent: to}), roster.CodeDenied},
		"too many":          {receive(bob, mailbox.Receive{Agent: to, Most: mailbox.DeliveryMax + 1}), roster.CodeInvalid},
		"what nobody has":   {receive(bob, mailbox.Receive{Agent: to, After: 1 << 40}), roster.CodeInvalid},
		"an old epoch":      {receive(as(claim.Epoch-1, secret), mailbox.Receive{Agent: to}), roster.CodeConflict},
		"a reply to none":   {f.mail().Reply(bob, mailbox.Reply{Agent: to, To: "x"}), roster.CodeInvalid},
	} {
		f.refusedFor(what, try.err, try.code)
	}
}

// acts: what an agent does is refused once it has been replaced.
func acts(f *fixture) {
	first := f.self("worker")
	register := func(ctx context.Context, name string) error {
		_, _, err := f.s.Register(ctx, roster.Register{Agent: f.agent(name)})
		return err
	}
	f.must(register(first, "child"))
	_, _, err := f.s.Deregister(f.ctx, roster.Deregister{ID: f.id("worker")})
	f.must(err)
	second := f.self("worker")
	f.refused(register(first, "orphan"), roster.CodeConflict)
	claim, _ := acting.From(second)
	claim.Secret += "x"
	f.refused(register(acting.With(f.ctx, claim), "forged"), roster.CodeDenied)
	f.must(register(second, "child2"))
}
