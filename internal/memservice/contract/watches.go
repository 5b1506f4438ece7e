package contract

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"roster"
)

// watching pulls from a watch that ends with the test.
type watching struct {
	*fixture
	next func() (roster.Event, error, bool)
}

func (f *fixture) watch(q roster.Query, after roster.Cursor) watching {
	q.Namespaces = []string{f.ns}
	ctx, cancel := context.WithTimeout(f.ctx, patience)
	next, stop := iter.Pull2(f.s.Watch(ctx, q, after))
	f.Cleanup(func() { cancel(); stop() })
	return watching{f, next}
}

// want pulls one event and checks what it is about.
func (w watching) want(kind roster.EventType, name string) roster.Event {
	w.Helper()
	e, err, ok := w.next()
	if err != nil || !ok {
		w.Fatalf("wanted %s %s, the watch ended: %v", kind, name, err)
	}
	if e.Type != kind || nameOf(e) != name {
		w.Fatalf("wanted %s %s, got %s %s", kind, name, e.Type, nameOf(e))
	}
	return e
}

func nameOf(e roster.Event) string {
	switch {
	case e.After != nil:
		return e.After.ID.Name()
	case e.Before != nil:
		return e.Before.ID.Name()
	}
	return ""
}

func watchInitial(f *fixture) {
	f.create(f.agent("a"))
	f.create(f.agent("b"))
	f.eventually("both agents to be found", func() bool { return len(f.found(roster.Query{})) == 2 })
	w := f.watch(roster.Query{Initial: true}, "")
	names := []string{}
	for range 2 {
		e, err, ok := w.next()
		if err != nil || !ok || e.Type != roster.EventEntered {
			f.Fatalf("among the initial matches: %+v, %v", e, err)
		}
		names = append(names, nameOf(e))
	}
	if slices.Sort(names); !slices.Equal(names, []string{"a", "b"}) {
		f.Errorf("initial matches %q", names)
	}
	if e := w.want(roster.EventSynced, ""); e.Cursor == "" {
		f.Error("synced bears no cursor")
	}
	f.create(f.agent("c"))
	w.want(roster.EventEntered, "c")
}

func watchMeaning(f *fixture) {
	w := f.watch(roster.Query{Initial: true, Labels: []roster.Pair{{Key: "tier", Value: "gold"}}}, "")
	w.want(roster.EventSynced, "")
	every := f.watch(roster.Query{Initial: true, AnyHealth: true, Labels: []roster.Pair{{Key: "tier", Value: "gold"}}}, "")
	every.want(roster.EventSynced, "")
	defer func() {
		for _, want := range []roster.EventType{roster.EventEntered, roster.EventChanged, roster.EventLeft, roster.EventEntered, roster.EventChanged, roster.EventChanged, roster.EventLeft} {
			every.want(want, "a") // who asks for any health sees critical agents change
		}
	}()
	change, _ := f.create(f.agent("a"))
	e := w.want(roster.EventEntered, "a")
	if e.After.Revision != change.Record.Revision || e.Index < change.Record.Revision || e.Shard != change.Record.Shard || e.Cursor == "" {
		f.Errorf("event %+v of %+v", e, change.Record)
	}
	f.do(roster.Update{ID: f.id("a"), Description: text("other")})
	if e := w.want(roster.EventChanged, "a"); e.After.Description != "other" {
		f.Errorf("changed to %+v", e.After)
	}
	silver := roster.MapPatch{Set: roster.Map{{Key: "tier", Value: "silver"}}}
	f.do(roster.Update{ID: f.id("a"), Labels: silver})
	if e := w.want(roster.EventLeft, "a"); e.After != nil && e.Before == nil {
		f.Errorf("left with %+v", e)
	}
	f.do(roster.Update{ID: f.id("a"), Description: text("unseen")})
	f.do(roster.Update{ID: f.id("a"), Labels: roster.MapPatch{Set: roster.Map{{Key: "tier", Value: "gold"}}}})
	w.want(roster.EventEntered, "a")
	f.do(roster.SetHealth{ID: f.id("a"), Health: roster.Health{State: roster.Critical}})
	w.want(roster.EventLeft, "a") // critical agents are left out unless asked for
	f.do(roster.SetHealth{ID: f.id("a"), Health: roster.Health{State: roster.Passing}})
	w.want(roster.EventEntered, "a")
	_, _, err := f.s.Deregister(f.ctx, roster.Deregister{ID: f.id("a")})
	f.must(err)
	w.want(roster.EventLeft, "a")
}

// watchResumes cuts a watch after every event, and wants each event once. Sessions
// that end take several agents in one index, inside which a cursor must stand too.
func watchResumes(f *fixture) {
	first := f.watch(roster.Query{Initial: true}, "")
	cursor := first.want(roster.EventSynced, "").Cursor
	id := f.session("s")
	f.open(id, roster.SessionTTLMax)
	want := map[string]bool{}
	for i := range 12 {
		name := fmt.Sprintf("fleet~%d", i)
		f.held(name, id, roster.OnEndDeregister)
		want["entered "+name], want["left "+name] = true, true
	}
	_, _, err := f.s.Do(f.ctx, roster.EndSession{ID: id})
	f.must(err)
	for len(want) > 0 {
		w := f.watch(roster.Query{}, cursor)
		for range 1 + len(want)%3 {
			e, err, ok := w.next()
			if err != nil || !ok {
				f.Fatalf("with %d events to come: %v", len(want), err)
			}
			seen := string(e.Type) + " " + nameOf(e)
			if !want[seen] {
				f.Fatalf("%q came twice or unasked", seen)
			}
			delete(want, seen)
			if cursor = e.Cursor; len(want) == 0 {
				break
			}
		}
	}
	f.create(f.agent("last"))
	f.watch(roster.Query{}, cursor).want(roster.EventEntered, "last")
}

func watchFromToken(f *fixture) {
	f.create(f.agent("before"))
	f.eventually("the agent to be found", func() bool { return len(f.found(roster.Query{})) == 1 })
	page, err := f.s.Find(f.ctx, roster.Query{Namespaces: []string{f.ns}})
	f.must(err)
	f.create(f.agent("behind"))
	f.watch(roster.Query{}, roster.Cursor(page.Token)).want(roster.EventEntered, "behind")
}

func watchRefuses(f *fixture) {
	end := func(q roster.Query, after roster.Cursor) error {
		ctx, cancel := context.WithTimeout(f.ctx, patience)
		defer cancel()
		for _, err := range f.s.Watch(ctx, q, after) {
			if err != nil {
				return err
			}
		}
		return errors.New("the watch ended without a word")
	}
	f.refused(end(roster.Query{}, "forged"), roster.CodeInvalid)
	f.refused(end(roster.Query{Health: []string{"fine"}}, ""), roster.CodeInvalid)
	w := f.watch(roster.Query{Initial: true}, "")
	cursor := w.want(roster.EventSynced, "").Cursor
	f.refused(end(roster.Query{Namespaces: []string{"another"}}, cursor), roster.CodeInvalid)
	p, err := roster.ParsePosition(string(cursor))
	f.must(err)
	for _, at := range p.At {
		p = p.Advance(at.Shard, at.Index+1_000_000)
	}
	f.refused(end(roster.Query{Namespaces: []string{f.ns}}, roster.Cursor(p.Encode())), roster.CodeUnavailable)
}

// watchEndsWithCall wants a watch to end with its context, without an error.
func watchEndsWithCall(f *fixture) {
	ctx, cancel := context.WithCancel(f.ctx)
	defer cancel()
	for e, err := range f.s.Watch(ctx, roster.Query{Namespaces: []string{f.ns}, Initial: true}, "") {
		f.must(err)
		if e.Type == roster.EventSynced {
			cancel()
		}
	}
}
