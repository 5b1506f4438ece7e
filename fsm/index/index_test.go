package index

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"roster"
	"roster/query"
)

// drawRecord draws an agent with few values, so that lists overlap.
func drawRecord(t *rapid.T, id roster.AgentID) *roster.Record {
	r := &roster.Record{Agent: roster.Agent{ID: id}.Canonical(), Status: roster.StatusRegistered}
	r.Health.State = rapid.SampledFrom(roster.HealthStates).Draw(t, "health")
	r.Node = rapid.SampledFrom([]roster.NodeID{"", "n1", "n2"}).Draw(t, "node")
	r.Description = rapid.SampledFrom([]string{"", "plan", "Plans", "planning the plan"}).Draw(t, "description")
	for i := range rapid.IntRange(0, 3).Draw(t, "capabilities") {
		r.Capabilities = append(r.Capabilities, roster.Capability{Name: fmt.Sprint("c", i/2), Version: fmt.Sprint(i)})
	}
	if tier := rapid.SampledFrom([]string{"", "gold", "plain"}).Draw(t, "tier"); tier != "" {
		r.Labels = roster.Map{{Key: "tier", Value: tier}}
	}
	return r
}

// built is an index that went through changes, and what it should hold.
func built(t *rapid.T) (*Index, map[roster.AgentID]*roster.Record) {
	x, records := New(), map[roster.AgentID]*roster.Record{}
	for range rapid.IntRange(0, 60).Draw(t, "changes") {
		id := roster.AgentID(fmt.Sprintf("demo/a%d", rapid.IntRange(0, 12).Draw(t, "agent")))
		old := records[id]
		if old != nil && rapid.IntRange(0, 3).Draw(t, "remove") == 0 {
			x.Replace(old, nil)
			delete(records, id)
			continue
		}
		records[id] = drawRecord(t, id)
		x.Replace(old, records[id])
	}
	return x, records
}

// walk lists what the term's list yields.
func walk(lists ...*List) (ids []roster.AgentID) {
	id, ok := Common(lists, "", false)
	for ok {
		ids = append(ids, id)
		id, ok = Common(lists, id, true)
	}
	return ids
}

// having lists, in order, the agents that satisfy every term.
func having(records map[roster.AgentID]*roster.Record, terms ...query.Term) (ids []roster.AgentID) {
	for id, r := range records {
		if !slices.ContainsFunc(terms, func(t query.Term) bool {
			return !slices.ContainsFunc(t.Values, func(v string) bool { return slices.Contains(t.Field.Keys(r), v) })
		}) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

var terms = []query.Term{
	{Field: query.FieldCapability, Values: []string{"c0"}},
	{Field: query.FieldCapability, Values: []string{"c0", "c1"}},
	{Field: query.FieldLabel, Values: []string{"tier=gold"}},
	{Field: query.FieldLabel, Values: []string{"tier=gold", "tier=none", "tier=plain"}},
	{Field: query.FieldHealth, Values: []string{"passing"}},
	{Field: query.FieldNode, Values: []string{"n1"}},
	{Field: query.FieldStatus, Values: []string{"registered"}},
	{Field: query.FieldNamespace, Values: []string{"nobody"}},
}

// Lists and their intersections hold what a look at every record finds, in order.
func TestListsAgreeWithRecords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, records := built(t)
		for i, a := range terms {
			if got, want := walk(x.List(a)), having(records, a); !slices.Equal(got, want) {
				t.Fatalf("%v: %v, want %v", a, got, want)
			}
			if len(a.Values) == 1 && x.Size(a) != len(having(records, a)) {
				t.Fatalf("%v: size %d, want %d", a, x.Size(a), len(having(records, a)))
			}
			b, c := terms[(i+3)%len(terms)], terms[(i+5)%len(terms)]
			if got, want := walk(x.List(a), x.List(b), x.List(c)), having(records, a, b, c); !slices.Equal(got, want) {
				t.Fatalf("%v ∩ %v ∩ %v: %v, want %v", a, b, c, got, want)
			}
		}
	})
}

// A walk may begin anywhere, at an id or past it.
func TestListsBeginAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, records := built(t)
		from := roster.AgentID(fmt.Sprintf("demo/a%d", rapid.IntRange(0, 14).Draw(t, "from")))
		past := rapid.Bool().Draw(t, "past")
		for _, term := range terms {
			want := slices.DeleteFunc(having(records, term), func(id roster.AgentID) bool { return id < from || past && id == from })
			got, ok := x.List(term).Next(from, past)
			if ok != (len(want) > 0) || ok && got != want[0] {
				t.Fatalf("%v from %s (past %v): %s %v, want %v", term, from, past, got, ok, want)
			}
		}
	})
}

// The words lead to every agent that has one beginning so, once.
func TestPrefixAgreesWithRecords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, records := built(t)
		for _, prefix := range []string{"plan", "plann", "a1", "demo", "gold", "zebra"} {
			q, err := query.Compile(roster.Query{Text: prefix, AnyHealth: true})
			if err != nil {
				t.Fatal(err)
			}
			var want []roster.AgentID
			for id, r := range records {
				if q.Match(r) {
					want = append(want, id)
				}
			}
			slices.Sort(want)
			if got := x.Prefix(prefix); !slices.Equal(got, want) || x.PrefixSize(prefix, 1000) < len(want) {
				t.Fatalf("%s: %v (%d), want %v", prefix, got, x.PrefixSize(prefix, 1000), want)
			}
		}
	})
}

// An index from which everything was removed holds nothing: it does not leak terms.
func TestEmptiedIndexIsEmpty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, records := built(t)
		for _, r := range records {
			x.Replace(r, nil)
		}
		if len(x.terms) != 0 || x.words.Len() != 0 || x.postings.Len() != 0 {
			t.Fatalf("%d terms, %d words, %d postings are left", len(x.terms), x.words.Len(), x.postings.Len())
		}
	})
}
