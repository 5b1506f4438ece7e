package index

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"github.com/tidwall/btree"
	"pgregory.net/rapid"

	"roster"
	"roster/query"
)

// drawRecord draws an agent with few values, so that lists overlap.
func drawRecord(t *rapid.T, id roster.AgentID) *roster.Record {
	r := &roster.Record{Agent: roster.Agent{ID: id}.Canonical(), Status: roster.StatusRegistered}
	r.Health.State = rapid.SampledFrom(roster.HealthStates).Draw(t, "health")
	r.Node = rapid.SampledFrom([]roster.NodeID{"", "n1", "n2"}).Draw(t, "node")
	r.Description = rapid.SampledFrom([]string{"", "plan", "Plans", "planning the plan", "ÄRGER mit plan"}).Draw(t, "description")
	for i := range rapid.IntRange(0, 3).Draw(t, "capabilities") {
		r.Capabilities = append(r.Capabilities, roster.Capability{Name: fmt.Sprint("c", i/2), Version: fmt.Sprint(i)})
	}
	if tier := rapid.SampledFrom([]string{"", "gold", "plain"}).Draw(t, "tier"); tier != "" {
		r.Labels = roster.Map{{Key: "tier", Value: tier}}
	}
	return r
}

// fleet is an index that goes through changes, and what it should hold.
type fleet struct {
	index   *Index
	byID    *btree.Map[roster.AgentID, Row]
	records map[uint32]*roster.Record
	free    []uint32
}

func newFleet() *fleet {
	return &fleet{New(), btree.NewMap[roster.AgentID, Row](0), map[uint32]*roster.Record{}, nil}
}

func (f *fleet) roll() Roll {
	return Roll{f.byID, func(at uint32) *roster.Record { return f.records[at] }}
}

// set makes r the record of id, or removes it. Ordinals that are given up are used
// again, in no order of ids.
func (f *fleet) set(id roster.AgentID, r *roster.Record) {
	row, known := f.byID.Get(id)
	switch {
	case r == nil && !known:
		return
	case r == nil:
		f.byID.Delete(id)
		delete(f.records, row.Ordinal)
		f.free = append(f.free, row.Ordinal)
	default:
		if !known && len(f.free) > 0 {
			row.Ordinal, f.free = f.free[0], f.free[1:]
		} else if !known {
			row.Ordinal = uint32(len(f.records))
		}
		f.records[row.Ordinal] = r
		f.byID.Set(id, Row{r, row.Ordinal})
	}
	f.index.Replace(row.Ordinal, row.Record, r)
}

// built is a fleet after changes.
func built(t *rapid.T) *fleet {
	f := newFleet()
	for range rapid.IntRange(0, 60).Draw(t, "changes") {
		id := roster.AgentID(fmt.Sprintf("%s/a%d", rapid.SampledFrom([]string{"demo", "demo-2", "prod"}).Draw(t, "namespace"), rapid.IntRange(0, 9).Draw(t, "agent")))
		if rapid.IntRange(0, 3).Draw(t, "remove") == 0 {
			f.set(id, nil)
			continue
		}
		f.set(id, drawRecord(t, id))
	}
	return f
}

// having lists, in order of ids, the agents that satisfy every term.
func (f *fleet) having(terms ...query.Term) (found []*roster.Record) {
	f.byID.Scan(func(_ roster.AgentID, row Row) bool {
		if !slices.ContainsFunc(terms, func(t query.Term) bool {
			return !slices.ContainsFunc(t.Values, func(v string) bool { return slices.Contains(t.Field.Keys(row.Record), v) })
		}) {
			found = append(found, row.Record)
		}
		return true
	})
	return found
}

// at maps ordinals to records in the order of ids.
func (f *fleet) at(ordinals []uint32) (found []*roster.Record) {
	for _, at := range ordinals {
		found = append(found, f.records[at])
	}
	slices.SortFunc(found, func(a, b *roster.Record) int { return cmp.Compare(a.ID, b.ID) })
	return found
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
	{Field: query.FieldNamespace, Values: []string{"demo", "prod"}},
}

// Lists hold what a look at every record finds.
func TestListsAgreeWithRecords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := built(t)
		for _, term := range terms {
			sets, size := f.index.sets(term)
			if got, want := f.at(union(sets)), f.having(term); !slices.Equal(got, want) {
				t.Fatalf("%v: %v, want %v", term, ids(got), ids(want))
			}
			if len(term.Values) == 1 && size != len(f.having(term)) || f.index.Size(term) != size {
				t.Fatalf("%v: size %d, want %d", term, size, len(f.having(term)))
			}
		}
	})
}

func ids(records []*roster.Record) (out []roster.AgentID) {
	for _, r := range records {
		out = append(out, r.ID)
	}
	return out
}

// The words lead to every agent that has one beginning so, once.
func TestPrefixAgreesWithRecords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := built(t)
		for _, prefix := range []string{"plan", "plann", "a1", "demo", "gold", "zebra", "ä"} {
			q, err := query.Compile(roster.Query{Text: prefix, AnyHealth: true})
			if err != nil {
				t.Fatal(err)
			}
			var want []*roster.Record
			for _, r := range f.having() {
				if q.Match(r) {
					want = append(want, r)
				}
			}
			if got := f.at(f.index.Prefix(prefix)); !slices.Equal(got, want) || f.index.PrefixSize(prefix, 1000) < len(want) {
				t.Fatalf("%s: %v (%d), want %v", prefix, ids(got), f.index.PrefixSize(prefix, 1000), ids(want))
			}
		}
	})
}

// An index from which everything was removed holds nothing: it does not leak terms.
func TestEmptiedIndexIsEmpty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := built(t)
		for _, r := range f.having() {
			f.set(r.ID, nil)
		}
		for field, held := range f.index.terms {
			if len(held) != 0 {
				t.Fatalf("%d terms of %s are left", len(held), field)
			}
		}
		if f.index.words.Len() != 0 {
			t.Fatalf("%d words are left", f.index.words.Len())
		}
		for _, h := range f.index.hot {
			if h.list != nil {
				t.Fatalf("%s is still hot", h.word)
			}
		}
	})
}
