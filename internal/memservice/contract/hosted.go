package contract

import (
	"roster"
	"roster/acting"
	"roster/fleet"
)

// hostedRefused: who is no member, or does not prove it, keeps nothing and says nothing.
func hostedRefused(f *fixture) {
	s, id := f.runs(), fleet.ID(f.ns+"/crew").Member(0)
	word := fleet.Standing{Word: fleet.Ready}
	_, _, err := s.State(f.ctx, id, roster.Read{})
	f.refusedFor("the state of nobody", err, roster.CodeNotFound)
	_, err = s.Standing(f.ctx, id)
	f.refusedFor("the standing of nobody", err, roster.CodeNotFound)
	_, err = s.Save(f.ctx, id, []byte("x"))
	f.refusedFor("to keep something as nobody", err, roster.CodeDenied)
	f.refusedFor("a word of nobody", s.Say(f.ctx, id, word), roster.CodeDenied)
	f.refusedFor("a word that means nothing", s.Say(f.ctx, id, fleet.Standing{Word: "bored"}), roster.CodeInvalid)

	own := roster.AgentID(f.ns + "/alone")
	r, _, err := f.s.Register(f.ctx, roster.Register{Agent: roster.Agent{ID: own, Secret: "sixteen bytes or more"}, Mode: roster.ModeCreate})
	if err != nil {
		f.Fatal(err)
	}
	as := acting.With(f.ctx, acting.Claim{Actor: roster.Actor{Agent: own, Epoch: r.Record.Epoch}, Secret: "sixteen bytes or more"})
	err = f.agreed(func() error { _, err := s.Save(as, own, []byte("x")); return err })
	f.refusedFor("to keep something as an agent that runs itself", err, roster.CodeNotFound)
	_, err = s.Save(as, own, make([]byte, fleet.StateMax+1))
	f.refusedFor("to keep too much", err, roster.CodeTooLarge)
	_, err = s.Save(as, id, []byte("x"))
	f.refusedFor("to keep something as another", err, roster.CodeDenied)
	f.refusedFor("a word of an agent that runs itself", s.Say(as, own, word), roster.CodeConflict)
}
