package contract

import (
	"strings"

	"roster"
)

func register(f *fixture) {
	a := f.agent("a")
	a.Metadata = roster.MapOf(map[string]string{"note": "a \"quoted\" <line>\n\u2028"})
	a.Endpoints = []roster.Endpoint{{Name: "http", URL: "http://127.0.0.1:8080/x"}}
	a.Secret = "0123456789abcdef"
	change, stamp := f.create(a)
	if stamp.Token == "" || stamp.Index < change.Record.Revision || stamp.Shard != change.Record.Shard {
		f.Errorf("stamp %+v of revision %d in shard %d", stamp, change.Record.Revision, change.Record.Shard)
	}
	got, err := f.lookup("a", stamp.Token)
	f.must(err)
	a.Secret = ""
	if !got.SameContent(a) || got.Secret != "" {
		f.Errorf("looked up %+v, registered %+v", got.Agent, a)
	}
	if got.Status != roster.StatusRegistered || got.Health.State != roster.Passing || got.Owner.Kind != roster.OwnedByNobody || got.CreatedAt == 0 {
		f.Errorf("registered as %+v", got)
	}
	_, _, err = f.s.Register(f.ctx, roster.Register{Agent: a, Mode: roster.ModeCreate})
	f.refused(err, roster.CodeConflict)
	_, _, err = f.s.Lookup(f.ctx, f.id("nobody"), roster.Read{})
	f.refused(err, roster.CodeNotFound)
}

func putConditions(f *fixture) {
	put := func(c roster.Register) (roster.Change, error) {
		c.Mode = roster.ModePut
		change, _, err := f.s.Register(f.ctx, c)
		return change, err
	}
	first, err := put(roster.Register{Agent: f.agent("a"), IfAbsent: true})
	f.must(err)
	if first.Outcome != roster.OutcomeCreated {
		f.Errorf("first put: %s", first.Outcome)
	}
	same, err := put(roster.Register{Agent: f.agent("a")})
	f.must(err)
	if same.Outcome != roster.OutcomeUnchanged || same.Record.Revision != first.Record.Revision {
		f.Errorf("same put: %s, revision %d after %d", same.Outcome, same.Record.Revision, first.Record.Revision)
	}
	_, err = put(roster.Register{Agent: f.agent("a"), IfAbsent: true})
	f.refused(err, roster.CodeStale)
	changed := f.agent("a")
	changed.Description = "does more"
	_, err = put(roster.Register{Agent: changed, IfMatch: first.Record.Revision + 1000})
	f.refused(err, roster.CodeStale)
	second, err := put(roster.Register{Agent: changed, IfMatch: first.Record.Revision})
	f.must(err)
	if second.Outcome != roster.OutcomeUpdated || second.Record.Revision <= first.Record.Revision || second.Record.Epoch != first.Record.Epoch {
		f.Errorf("second put: %+v after %+v", second.Record, first.Record)
	}
	_, err = put(roster.Register{Agent: f.agent("unborn"), IfMatch: 1})
	f.refused(err, roster.CodeStale)
}

func update(f *fixture) {
	created, _ := f.create(f.agent("a"))
	change, stamp := f.do(roster.Update{ID: f.id("a"), Description: text("new"),
		Labels: roster.MapPatch{Set: roster.MapOf(map[string]string{"zone": "z1"}), Delete: []string{"tier"}}})
	if change.Outcome != roster.OutcomeUpdated || change.Record.Revision <= created.Record.Revision {
		f.Errorf("update: %+v", change)
	}
	got, err := f.lookup("a", stamp.Token)
	f.must(err)
	if _, tier := got.Labels.Get("tier"); tier || got.Description != "new" || len(got.Labels) != 1 || len(got.Capabilities) != 1 {
		f.Errorf("after the update: %+v", got.Agent)
	}
	unchanged, _ := f.do(roster.Update{ID: f.id("a"), Description: text("new")})
	if unchanged.Outcome != roster.OutcomeUnchanged || unchanged.Record.Revision != change.Record.Revision {
		f.Errorf("the same update again: %s at %d", unchanged.Outcome, unchanged.Record.Revision)
	}
	cleared, _ := f.do(roster.Update{ID: f.id("a"), Labels: roster.MapPatch{Clear: true}, Capabilities: &[]roster.Capability{}})
	if len(cleared.Record.Labels) != 0 || len(cleared.Record.Capabilities) != 0 {
		f.Errorf("after clearing: %+v", cleared.Record.Agent)
	}
	for _, c := range []struct {
		update roster.Update
		code   roster.Code
	}{
		{roster.Update{ID: f.id("nobody"), Description: text("x")}, roster.CodeNotFound},
		{roster.Update{ID: f.id("a"), Description: text("x"), IfMatch: created.Record.Revision}, roster.CodeStale},
		{roster.Update{ID: f.id("a"), Description: text(strings.Repeat("x", roster.DescriptionMax+1))}, roster.CodeInvalid},
		{roster.Update{ID: "no slash"}, roster.CodeInvalid},
	} {
		_, _, err := f.s.Do(f.ctx, c.update)
		f.refused(err, c.code)
	}
}

func deregister(f *fixture) {
	created, _ := f.create(f.agent("a"))
	_, _, err := f.s.Deregister(f.ctx, roster.Deregister{ID: f.id("a"), IfMatch: created.Record.Revision + 1000})
	f.refused(err, roster.CodeStale)
	change, stamp, err := f.s.Deregister(f.ctx, roster.Deregister{ID: f.id("a"), IfMatch: created.Record.Revision})
	f.must(err)
	if change.Outcome != roster.OutcomeRemoved || change.Record.ID != f.id("a") {
		f.Errorf("deregister: %+v", change)
	}
	_, err = f.lookup("a", stamp.Token)
	f.refused(err, roster.CodeNotFound)
	_, _, err = f.s.Deregister(f.ctx, roster.Deregister{ID: f.id("a")})
	f.refused(err, roster.CodeNotFound)
	_, _, err = f.s.Deregister(f.ctx, roster.Deregister{ID: "No/Such"})
	f.refused(err, roster.CodeInvalid)
}

func health(f *fixture) {
	f.create(f.agent("a"))
	change, _ := f.do(roster.SetHealth{ID: f.id("a"), Health: roster.Health{State: roster.Critical, Reason: "it burns"}})
	if change.Record.Health != (roster.Health{State: roster.Critical, Reason: "it burns"}) {
		f.Errorf("health %+v", change.Record.Health)
	}
	_, _, err := f.s.Do(f.ctx, roster.SetHealth{ID: f.id("a"), Health: roster.Health{State: "fine"}})
	f.refused(err, roster.CodeInvalid)
	_, _, err = f.s.Do(f.ctx, roster.SetHealth{ID: f.id("nobody"), Health: roster.Health{State: roster.Passing}})
	f.refused(err, roster.CodeNotFound)
}

// epochs wants the fencing token of an id to grow over its removal.
func epochs(f *fixture) {
	first, _ := f.create(f.agent("a"))
	_, _, err := f.s.Deregister(f.ctx, roster.Deregister{ID: f.id("a")})
	f.must(err)
	second, _ := f.create(f.agent("a"))
	if second.Record.Epoch <= first.Record.Epoch || second.Record.Revision <= first.Record.Revision {
		f.Errorf("epoch %d after %d, revision %d after %d", second.Record.Epoch, first.Record.Epoch, second.Record.Revision, first.Record.Revision)
	}
}

func invalidAgents(f *fixture) {
	many := f.agent("many")
	for i := range roster.LabelsMax + 1 {
		many.Labels = many.Labels.With(roster.Map{{Key: strings.Repeat("k", i+1), Value: "v"}}, nil)
	}
	large := f.agent("large")
	large.Metadata = roster.Map{{Key: "a", Value: strings.Repeat("x", roster.MetadataValueMax)}, {Key: "b", Value: strings.Repeat("x", roster.MetadataValueMax)}}
	bad := func(change func(*roster.Agent)) roster.Agent {
		a := f.agent("bad")
		change(&a)
		return a
	}
	for _, c := range []struct {
		agent roster.Agent
		code  roster.Code
	}{
		{roster.Agent{}, roster.CodeInvalid},
		{roster.Agent{ID: "no-slash"}, roster.CodeInvalid},
		{roster.Agent{ID: "Upper/case"}, roster.CodeInvalid},
		{roster.Agent{ID: "a/.."}, roster.CodeInvalid},
		{many, roster.CodeInvalid},
		{large, roster.CodeTooLarge},
		{bad(func(a *roster.Agent) { a.OnEnd = "explode" }), roster.CodeInvalid},
		{bad(func(a *roster.Agent) { a.Secret = "short" }), roster.CodeInvalid},
		{bad(func(a *roster.Agent) { a.Endpoints = []roster.Endpoint{{URL: "file:///etc/passwd"}} }), roster.CodeInvalid},
		{bad(func(a *roster.Agent) { a.Capabilities = []roster.Capability{{Name: "two words"}} }), roster.CodeInvalid},
	} {
		_, _, err := f.s.Register(f.ctx, roster.Register{Agent: c.agent, Mode: roster.ModePut})
		f.refused(err, c.code)
	}
	_, _, err := f.s.Lookup(f.ctx, "no-slash", roster.Read{})
	f.refused(err, roster.CodeInvalid)
}

// commandsOfNodes wants what only nodes may propose to be denied.
func commandsOfNodes(f *fixture) {
	for _, c := range []roster.Command{roster.Tick{Shard: 1}, roster.SetMap{}, roster.JoinNode{}, roster.LeaveNode{ID: "n"}, roster.RenewNode{ID: "n"},
		roster.Fence{Shard: 1, Agent: f.id("a"), Epoch: 1}, roster.AttachSession{ID: "s", Shard: 1}, roster.DetachSession{ID: "s", Shard: 1}} {
		_, _, err := f.s.Do(f.ctx, c)
		f.refused(err, roster.CodeDenied)
	}
}
