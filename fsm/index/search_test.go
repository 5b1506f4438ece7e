package index

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"roster"
	"roster/query"
)

var drawQuery = rapid.Custom(func(t *rapid.T) roster.Query {
	q := roster.Query{AnyHealth: rapid.Bool().Draw(t, "any health")}
	some := func(name string, list *[]string, values ...string) {
		if rapid.IntRange(0, 2).Draw(t, name) == 0 {
			*list = append(*list, rapid.SampledFrom(values).Draw(t, name))
		}
	}
	some("capability", &q.Capabilities, "c0", "c1", "c9")
	some("namespace", &q.Namespaces, "demo", "demo-2", "none")
	some("node", &q.Nodes, "n1", "n2")
	some("health", &q.Health, "passing", "warning", "critical")
	q.Text = rapid.SampledFrom([]string{"", "", "", "plan", "plans a", "ÄRGER"}).Draw(t, "text")
	q.Filter = rapid.SampledFrom([]string{"", "", `label.tier in ["gold", "plain"]`, `namespace in ["demo", "prod"]`,
		`namespace in ["demo"] or capability contains "c0"`, `description matches "plan*"`}).Draw(t, "filter")
	q.Filter = strings.ReplaceAll(q.Filter, "label.", "labels.")
	return q
})

// naive answers by looking at everything.
func (f *fleet) naive(q *query.Compiled) []*roster.Record {
	found := slices.DeleteFunc(f.having(), func(r *roster.Record) bool { return !q.Match(r) })
	slices.SortStableFunc(found, func(a, b *roster.Record) int { return cmp.Compare(q.Score(b), q.Score(a)) })
	return found
}

// pages reads a query to its end.
func (f *fleet) pages(q *query.Compiled, limit int, w way) (got []*roster.Record, plan string) {
	for mark := (Mark{}); ; {
		var page []*roster.Record
		page, plan = f.index.search(f.roll(), q, mark, limit, w)
		got = append(got, page...)
		if len(page) < limit || len(got) > f.byID.Len() {
			return got, plan
		}
		last := page[len(page)-1]
		mark = Mark{Seen: true, ID: last.ID, Score: q.Score(last)}
	}
}

// Whichever way is taken, the pages hold what a look at everything finds, in order.
func TestSearchAgreesWithScan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := built(t)
		q, err := query.Compile(drawQuery.Draw(t, "query"))
		if err != nil {
			t.Fatal(err)
		}
		limit := rapid.IntRange(1, 4).Draw(t, "limit")
		for _, w := range []way{either, pick, walk} {
			if got, plan := f.pages(q, limit, w); !slices.Equal(got, f.naive(q)) {
				t.Fatalf("way %d, %s: %v, want %v", w, plan, ids(got), ids(f.naive(q)))
			}
		}
	})
}

// Control: the comparison above sees an agent that the index has not, and one that it
// has under the ordinal of its neighbour.
func TestComparisonCanFail(t *testing.T) {
	for name, spoil := range map[string]func(*fleet){
		"lost":    func(f *fleet) { f.index.Replace(3, f.records[3], nil) },
		"shifted": func(f *fleet) { f.index.Replace(3, f.records[3], nil); f.index.Replace(4, nil, f.records[3]) },
	} {
		f := newFleet()
		for i := range 8 {
			id := roster.AgentID(fmt.Sprintf("demo/a%d", i))
			r := &roster.Record{Agent: roster.Agent{ID: id, Capabilities: []roster.Capability{{Name: fmt.Sprint("c", i%2)}}}.Canonical()}
			f.set(id, r)
		}
		q, err := query.Compile(roster.Query{Capabilities: []string{"c1"}})
		if err != nil {
			t.Fatal(err)
		}
		spoil(f)
		for _, w := range []way{pick, walk} {
			if got, _ := f.pages(q, 2, w); slices.Equal(got, f.naive(q)) {
				t.Errorf("%s, way %d: not seen", name, w)
			}
		}
	}
}

// many is a fleet of n agents whose records lie in no order: one in common has c, and
// the last tenth by id are alike in "late".
func many(n, common int) *fleet {
	f := newFleet()
	for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(n) {
		id := roster.AgentID(fmt.Sprintf("demo/a%06d", i))
		r := &roster.Record{Agent: roster.Agent{ID: id}.Canonical(), Status: roster.StatusRegistered, Health: roster.Health{State: roster.Passing}}
		if i%common == 0 {
			r.Capabilities = []roster.Capability{{Name: "c"}}
		}
		if i >= n-n/10 {
			r.Labels = roster.Map{{Key: "when", Value: "late"}}
		}
		f.set(id, r)
	}
	return f
}

// A plan's way is the cheaper one, and a wrong guess is given up in time.
func TestWays(t *testing.T) {
	f := many(20_000, 2)
	for _, c := range []struct {
		q     roster.Query
		plan  string
		looks int
	}{
		{roster.Query{Capabilities: []string{"c"}}, "capability c (10000) by id 19 → filter 10 → 10", 10},
		{roster.Query{Namespaces: []string{"demo"}}, "namespace demo (20000) by id 10 → filter 10 → 10", 10},
		{roster.Query{Labels: []roster.Pair{{Key: "when", Value: "late"}}}, "label when=late (2000) by id 16000, then all → filter 10 → 10", 10},
		{roster.Query{Labels: []roster.Pair{{Key: "when", Value: "late"}}, Filter: `id matches ".*9999"`}, "label when=late (2000) by id 16000, then all → filter 2000 → 1", 2000},
	} {
		q, err := query.Compile(c.q)
		if err != nil {
			t.Fatal(err)
		}
		got, plan := f.index.Search(f.roll(), q, Mark{}, 10)
		if plan != c.plan || !slices.Equal(got, f.naive(q)[:len(got)]) {
			t.Errorf("%+v: %q, want %q", c.q, plan, c.plan)
		}
	}
}

// Lists that grow long and short again hold what they should.
func TestLongLists(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	l, want := &list{}, map[uint32]bool{}
	for step := range 40_000 {
		at := rng.Uint32N(3000) * 50
		if (step/10_000)%2 == 0 {
			l.add(at)
			want[at] = true
		} else {
			l.remove(at)
			delete(want, at)
		}
		if l.n != len(want) || (set{more: l}).has(at) != want[at] {
			t.Fatalf("step %d: %d, want %d", step, l.n, len(want))
		}
	}
	if long := l.big != nil; long == (l.n <= smallAgain) {
		t.Errorf("%d ordinals, compressed: %v", l.n, long)
	}
	var all []uint32
	set{more: l}.each(func(at uint32) bool { all = append(all, at); return want[at] })
	if len(all) != len(want) || !slices.IsSorted(all) {
		t.Errorf("%d of %d, sorted: %v", len(all), len(want), slices.IsSorted(all))
	}
}
