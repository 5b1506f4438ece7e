package contract

import (
	"context"
	"fmt"
	"time"

	"roster"
)

func batch(f *fixture) {
	f.create(f.agent("there"))
	wrong := f.agent("wrong")
	wrong.OnEnd = "explode"
	items := []roster.Register{{Agent: f.agent("a")}, {Agent: wrong}, {Agent: f.agent("there")}, {Agent: f.agent("b")}}
	for i := range items {
		items[i].Mode = roster.ModeCreate
	}
	results, token, err := f.s.RegisterBatch(f.ctx, items)
	f.must(err)
	want := []roster.Code{"", roster.CodeInvalid, roster.CodeConflict, ""}
	if len(results) != len(want) {
		f.Fatalf("%d results for %d items", len(results), len(want))
	}
	for i, r := range results {
		outcome := roster.OutcomeCreated
		if want[i] != "" {
			outcome = roster.OutcomeRefused
		}
		if f.refused(r.Err, want[i]); r.Outcome != outcome {
			f.Errorf("item %d: %s, want %s", i, r.Outcome, outcome)
		}
	}
	got, err := f.lookup("b", token)
	f.must(err)
	if results[3].ID != got.ID || results[3].Revision != got.Revision {
		f.Errorf("result %+v of %s at revision %d", results[3], got.ID, got.Revision)
	}
	for i := range items {
		items[i].Mode = roster.ModePut
	}
	results, _, err = f.s.RegisterBatch(f.ctx, items[:1])
	f.must(err)
	if results[0].Outcome != roster.OutcomeUnchanged {
		f.Errorf("the same agent put again: %s", results[0].Outcome)
	}
}

func batchBounds(f *fixture) {
	results, _, err := f.s.RegisterBatch(f.ctx, nil)
	if f.must(err); len(results) != 0 {
		f.Errorf("%d results of nothing", len(results))
	}
	items := make([]roster.Register, roster.BatchMax+1)
	ids := make([]roster.AgentID, len(items))
	sessions := make([]roster.SessionID, len(items))
	for i := range items {
		ids[i], sessions[i] = f.id(fmt.Sprint(i)), roster.SessionID(fmt.Sprint(i))
		items[i] = roster.Register{Agent: roster.Agent{ID: ids[i]}, Mode: roster.ModeCreate}
	}
	_, _, err = f.s.RegisterBatch(f.ctx, items)
	f.refused(err, roster.CodeTooLarge)
	_, _, err = f.s.LookupBatch(f.ctx, ids, roster.Read{})
	f.refused(err, roster.CodeTooLarge)
	_, err = f.s.RenewSessions(f.ctx, sessions)
	f.refused(err, roster.CodeTooLarge)
}

func lookupBatch(f *fixture) {
	items := make([]roster.Register, 20)
	ids := make([]roster.AgentID, 0, 2*len(items))
	for i := range items {
		items[i] = roster.Register{Agent: f.agent(fmt.Sprint(i)), Mode: roster.ModeCreate}
		ids = append(ids, items[i].Agent.ID, f.id("none-"+fmt.Sprint(i)))
	}
	_, token, err := f.s.RegisterBatch(f.ctx, items)
	f.must(err)
	results, stamp, err := f.s.LookupBatch(f.ctx, ids, roster.Read{Level: roster.ReadFresh, After: token})
	f.must(err)
	if len(results) != len(ids) || stamp.Token == "" {
		f.Fatalf("%d results for %d ids, token %q", len(results), len(ids), stamp.Token)
	}
	for i, r := range results {
		if r.ID != ids[i] || (r.Agent != nil) != (i%2 == 0) || (r.Agent != nil && r.Agent.ID != r.ID) {
			f.Errorf("result %d: %+v, want %s", i, r, ids[i])
		}
	}
	_, _, err = f.s.LookupBatch(f.ctx, []roster.AgentID{"no-slash"}, roster.Read{})
	f.refused(err, roster.CodeInvalid)
}

func readAfter(f *fixture) {
	_, stamp := f.create(f.agent("a"))
	for _, level := range []roster.Level{roster.ReadFresh, roster.ReadLinearizable} {
		got, at, err := f.s.Lookup(f.ctx, f.id("a"), roster.Read{Level: level, After: stamp.Token})
		f.must(err)
		if at.Index < got.Revision || at.ReadToken() == "" {
			f.Errorf("%s: stamp %+v of revision %d", level, at, got.Revision)
		}
	}
	page, err := f.s.Find(f.ctx, roster.Query{Namespaces: []string{f.ns}, Read: roster.Read{Level: roster.ReadFresh, After: stamp.Token}})
	f.must(err)
	if len(page.Agents) != 1 {
		f.Errorf("found %d agents after the token", len(page.Agents))
	}
}

func readsRefused(f *fixture) {
	for _, r := range []roster.Read{{Level: "eventual"}, {MaxAge: -1}, {MaxAge: 2 * roster.MaxAgeMax}, {Level: roster.ReadFresh, After: "forged"}} {
		_, _, err := f.s.Lookup(f.ctx, f.id("a"), r)
		f.refused(err, roster.CodeInvalid)
	}
	_, stamp := f.create(f.agent("a"))
	p, err := roster.ParsePosition(string(stamp.Token))
	f.must(err)
	ahead := roster.Token(p.Advance(stamp.Shard, stamp.Index+1_000_000).Encode())
	ctx, cancel := context.WithTimeout(f.ctx, roster.CursorWait+2*time.Second) // a client retries as long as it may
	defer cancel()
	_, _, err = f.s.Lookup(ctx, f.id("a"), roster.Read{Level: roster.ReadFresh, After: ahead})
	f.refused(err, roster.CodeUnavailable)
}

func exactlyOnce(f *fixture) {
	ctx := roster.WithRequest(f.ctx, roster.Request{Client: 0xc0ffee01, Seq: 1})
	first, _, err := f.s.Register(ctx, roster.Register{Agent: f.agent("a"), Mode: roster.ModeCreate})
	f.must(err)
	again, _, err := f.s.Register(ctx, roster.Register{Agent: f.agent("a"), Mode: roster.ModeCreate})
	f.must(err)
	if again.Outcome != roster.OutcomeCreated || again.Record.Revision != first.Record.Revision {
		f.Errorf("the second answer is %s at %d, the first %s at %d", again.Outcome, again.Record.Revision, first.Outcome, first.Record.Revision)
	}
	refusedCtx := roster.WithRequest(f.ctx, roster.Request{Client: 0xc0ffee01, Seq: 2})
	_, _, err = f.s.Register(refusedCtx, roster.Register{Agent: f.agent("a"), Mode: roster.ModeCreate})
	f.refused(err, roster.CodeConflict)
	_, _, err = f.s.Deregister(f.ctx, roster.Deregister{ID: f.id("a")})
	f.must(err)
	_, _, err = f.s.Register(refusedCtx, roster.Register{Agent: f.agent("a"), Mode: roster.ModeCreate})
	f.refused(err, roster.CodeConflict) // the stored refusal, though it would pass now
	done := roster.WithRequest(f.ctx, roster.Request{Client: 0xc0ffee01, Seq: 4, Done: 2})
	_, _, err = f.s.Register(done, roster.Register{Agent: f.agent("a"), Mode: roster.ModeCreate})
	f.must(err)
	_, _, err = f.s.Register(ctx, roster.Register{Agent: f.agent("a"), Mode: roster.ModeCreate})
	f.refused(err, roster.CodeGone)
}

func exactlyOnceBatch(f *fixture) {
	ctx := roster.WithRequest(f.ctx, roster.Request{Client: 0xc0ffee02, Seq: 1})
	items := make([]roster.Register, 10)
	for i := range items {
		items[i] = roster.Register{Agent: f.agent(fmt.Sprint(i)), Mode: roster.ModeCreate}
	}
	first, _, err := f.s.RegisterBatch(ctx, items)
	f.must(err)
	again, _, err := f.s.RegisterBatch(ctx, items)
	f.must(err)
	for i := range items {
		if again[i].Err != nil || again[i].Outcome != roster.OutcomeCreated || again[i].Revision != first[i].Revision {
			f.Errorf("item %d: %+v, at first %+v", i, again[i], first[i])
		}
	}
}
