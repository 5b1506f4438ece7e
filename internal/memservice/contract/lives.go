package contract

import (
	"context"
	"time"

	"roster"
)

// open begins a session.
func (f *fixture) open(id roster.SessionID, ttl time.Duration) roster.Session {
	f.Helper()
	result, _, err := f.s.Do(f.ctx, roster.OpenSession{ID: id, TTL: roster.Duration(ttl)})
	f.must(err)
	session, ok := result.Value.(roster.Session)
	if !ok || session.ID != id || time.Duration(session.TTL) != ttl {
		f.Fatalf("opened %+v", result.Value)
	}
	return session
}

func (f *fixture) session(name string) roster.SessionID {
	return roster.SessionID(f.ns + "-" + name)
}

// held enters an agent that a session keeps.
func (f *fixture) held(name string, id roster.SessionID, onEnd roster.OnEnd) {
	f.Helper()
	agent := f.agent(name)
	agent.Session, agent.OnEnd = id, onEnd
	change, _ := f.create(agent)
	if change.Record.Owner != (roster.Owner{Kind: roster.OwnedBySession, ID: string(id)}) {
		f.Errorf("owner %+v", change.Record.Owner)
	}
}

// absent waits until an agent is off the roll: linearizably, because a local replica may not
// even have seen it come.
func (f *fixture) absent(name string) {
	f.Helper()
	f.eventually(name+" to leave the roll", func() bool {
		_, _, err := f.s.Lookup(f.ctx, f.id(name), roster.Read{Level: roster.ReadLinearizable})
		return roster.CodeOf(err) == roster.CodeNotFound
	})
}

func sessions(f *fixture) {
	id := f.session("a")
	opened := f.open(id, time.Minute)
	got, _, err := f.s.Session(f.ctx, id)
	f.must(err)
	if got.ID != id || got.Generation != opened.Generation || got.TTL != opened.TTL {
		f.Errorf("session %+v, opened %+v", got, opened)
	}
	faults, err := f.s.RenewSessions(f.ctx, []roster.SessionID{id, f.session("nobody"), id})
	f.must(err)
	f.must(faults[0])
	f.refused(faults[1], roster.CodeNotFound)
	f.must(faults[2])
	_, _, err = f.s.Do(f.ctx, roster.OpenSession{ID: id, TTL: roster.Duration(time.Minute)})
	f.refused(err, roster.CodeConflict)
	_, _, err = f.s.Do(f.ctx, roster.EndSession{ID: id, If: opened.Generation + 1000})
	f.refused(err, roster.CodeConflict)
	_, _, err = f.s.Do(f.ctx, roster.EndSession{ID: id, If: opened.Generation})
	f.must(err)
	_, _, err = f.s.Do(f.ctx, roster.EndSession{ID: id})
	f.must(err) // ending an ended session is no error
	_, _, err = f.s.Do(f.ctx, roster.OpenSession{ID: id, TTL: roster.Duration(time.Minute)})
	f.refused(err, roster.CodeGone)
	_, _, err = f.s.Session(f.ctx, f.session("nobody"))
	f.refused(err, roster.CodeNotFound)
	for _, ttl := range []time.Duration{-1, 1, roster.SessionTTLMin - 1, roster.SessionTTLMax + 1} {
		_, _, err = f.s.Do(f.ctx, roster.OpenSession{ID: f.session("b"), TTL: roster.Duration(ttl)})
		f.refused(err, roster.CodeInvalid)
	}
	_, _, err = f.s.Session(f.ctx, "No Session")
	f.refused(err, roster.CodeInvalid)
}

func sessionEnds(f *fixture) {
	id := f.session("a")
	f.open(id, time.Minute)
	for _, name := range []string{"a", "b", "c", "d"} { // several shards, most likely
		f.held(name, id, roster.OnEndDeregister)
	}
	same := f.agent("a")
	same.Session = id
	change, _, err := f.s.Register(f.ctx, roster.Register{Agent: same, Mode: roster.ModeCreate})
	f.must(err)
	if change.Outcome != roster.OutcomeUnchanged {
		f.Errorf("the same agent under the same session: %s", change.Outcome)
	}
	_, _, err = f.s.Do(f.ctx, roster.EndSession{ID: id})
	f.must(err)
	for _, name := range []string{"a", "b", "c", "d"} {
		f.absent(name)
	}
	f.eventually("the session to be gone everywhere", func() bool {
		_, _, err := f.s.Session(f.ctx, id)
		faults, fault := f.s.RenewSessions(f.ctx, []roster.SessionID{id})
		return fault == nil && roster.CodeOf(err) == roster.CodeGone && roster.CodeOf(faults[0]) == roster.CodeGone
	})
	late := f.agent("late")
	late.Session = id
	_, _, err = f.s.Register(f.ctx, roster.Register{Agent: late, Mode: roster.ModeCreate})
	f.refused(err, roster.CodeGone)
	late.Session = f.session("never")
	_, _, err = f.s.Register(f.ctx, roster.Register{Agent: late, Mode: roster.ModeCreate})
	f.refused(err, roster.CodeNotFound)
}

func sessionTurnsBad(f *fixture) {
	id := f.session("a")
	f.open(id, time.Minute)
	f.held("a", id, roster.OnEndCritical)
	_, _, err := f.s.Do(f.ctx, roster.EndSession{ID: id})
	f.must(err)
	f.eventually("the agent to be critical", func() bool {
		r, err := f.lookup("a", "")
		return err == nil && r.Health.State == roster.Critical // the replica may still be behind the register
	})
}

func sessionRunsOut(f *fixture) {
	renewed, silent := f.session("renewed"), f.session("silent")
	f.open(renewed, 2*time.Second)
	f.open(silent, time.Second)
	f.held("renewed", renewed, roster.OnEndDeregister)
	f.held("silent", silent, roster.OnEndDeregister)
	faults, err := f.s.RenewSessions(f.ctx, []roster.SessionID{renewed})
	f.must(err)
	f.must(faults[0])
	f.eventually("silent to leave the roll", func() bool { // however slow the machine is, one is kept
		_, err := f.s.RenewSessions(f.ctx, []roster.SessionID{renewed})
		f.must(err)
		_, _, err = f.s.Lookup(f.ctx, f.id("silent"), roster.Read{Level: roster.ReadLinearizable})
		return roster.CodeOf(err) == roster.CodeNotFound
	})
	faults, err = f.s.RenewSessions(f.ctx, []roster.SessionID{renewed, silent})
	f.must(err)
	f.must(faults[0])
	f.refused(faults[1], roster.CodeGone)
	f.absent("renewed") // nobody renews it any more
}

func sessionConflicts(f *fixture) {
	mine, yours := f.session("mine"), f.session("yours")
	f.open(mine, time.Minute)
	f.open(yours, time.Minute)
	f.held("a", mine, roster.OnEndDeregister)
	agent := f.agent("a")
	agent.Session = yours
	for _, mode := range []roster.Mode{roster.ModeCreate, roster.ModePut} {
		_, _, err := f.s.Register(f.ctx, roster.Register{Agent: agent, Mode: mode})
		f.refused(err, roster.CodeConflict)
	}
}

func sessionHeld(f *fixture) {
	id := f.session("a")
	f.open(id, time.Second)
	f.held("a", id, roster.OnEndDeregister)
	ctx, letGo := context.WithCancel(f.ctx)
	held, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- f.s.HoldSession(ctx, id, func() { close(held) }) }()
	select {
	case <-held:
	case err := <-done:
		f.Fatalf("the hold ended before it stood: %v", err)
	}
	outlast := time.NewTimer(1500 * time.Millisecond) // longer than the TTL
	<-outlast.C
	if _, _, err := f.s.Session(f.ctx, id); err != nil {
		f.Errorf("a held session ran out: %v", err)
	}
	letGo()
	f.must(<-done)
	f.absent("a")
}

func holdRefused(f *fixture) {
	f.refused(f.s.HoldSession(f.ctx, f.session("nobody"), func() { f.Error("held") }), roster.CodeNotFound)
	id := f.session("a")
	f.open(id, time.Minute)
	held, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- f.s.HoldSession(f.ctx, id, func() { close(held) }) }()
	<-held
	_, _, err := f.s.Do(f.ctx, roster.EndSession{ID: id})
	f.must(err)
	f.refused(<-done, roster.CodeGone)
	f.refused(f.s.HoldSession(f.ctx, id, nil), roster.CodeGone)
}
