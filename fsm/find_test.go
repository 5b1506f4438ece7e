package fsm

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"roster"
	"roster/fsm/index"
	"roster/query"
)

func compile(t interface{ Fatal(...any) }, q roster.Query) *query.Compiled {
	c, err := query.Compile(q)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// slow answers a query by looking at everything.
func slow(m *Machine, q *query.Compiled) []*roster.Record {
	var all []*roster.Record
	m.agents.byID.Scan(func(_ roster.AgentID, row index.Row) bool {
		r := row.Record
		if q.Match(r) {
			all = append(all, r)
		}
		return true
	})
	slices.SortStableFunc(all, func(a, b *roster.Record) int { return cmp.Compare(q.Score(b), q.Score(a)) })
	return all
}

var genQuery = rapid.Custom(func(t *rapid.T) roster.Query {
	q := roster.Query{AnyHealth: rapid.Bool().Draw(t, "any health")}
	some := func(name string, list *[]string, values ...string) {
		if rapid.IntRange(0, 2).Draw(t, name) == 0 {
			*list = append(*list, rapid.SampledFrom(values).Draw(t, name))
		}
	}
	some("capability", &q.Capabilities, "c0", "c1", "c2", "c9")
	some("capability", &q.Capabilities, "c0", "c1")
	some("namespace", &q.Namespaces, "demo", "prod", "none")
	some("status", &q.Statuses, "registered", "running")
	some("health", &q.Health, "passing", "warning", "critical")
	if rapid.IntRange(0, 2).Draw(t, "label") == 0 {
		q.Labels = []roster.Pair{{Key: "tier", Value: pick("gold", "silver", "lead").Draw(t, "tier")}}
	}
	q.Text = pick("", "", "plan", "plans a", "translates plans", "x").Draw(t, "text")
	return q
})

// Whatever the plan, the pages hold what a look at everything finds, in order.
func TestFindAgreesWithScan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := New(1)
		for _, e := range genLog.Draw(t, "log") {
			m.Apply(e)
		}
		q := compile(t, genQuery.Draw(t, "query"))
		limit := rapid.IntRange(1, 3).Draw(t, "limit")
		var got []*roster.Record
		for mark := (Mark{}); ; {
			page, plan, err := m.View().Find(q, mark, limit)
			if err != nil || len(page) > limit {
				t.Fatal(plan, len(page), err)
			}
			got = append(got, page...)
			if len(page) < limit {
				break
			}
			last := page[len(page)-1]
			mark = Mark{Seen: true, ID: last.ID, Score: q.Score(last)}
		}
		if want := slow(m, q); !slices.Equal(got, want) {
			t.Fatalf("pages hold %v, want %v", ids(got), ids(want))
		}
	})
}

func ids(records []*roster.Record) (out []roster.AgentID) {
	for _, r := range records {
		out = append(out, r.ID)
	}
	return out
}

// A query over an indexed field never scans, and looks at no more than its shortest
// list holds.
func TestIndexedFieldsNeverScan(t *testing.T) {
	m := New(1)
	fill(m, 1000)
	for _, c := range []struct {
		q     roster.Query
		tried int
		plan  string
	}{
		{roster.Query{Capabilities: []string{"plan"}, Limit: 1000}, 100, "capability plan (100)"},
		{roster.Query{Labels: []roster.Pair{{Key: "tier", Value: "gold"}}, Limit: 1000}, 10, "label tier=gold (10)"},
		{roster.Query{Labels: []roster.Pair{{Key: "tier", Value: "gold"}, {Key: "zone", Value: "z1"}}, Limit: 1000}, 2, "label tier=gold (10) ∩ label zone=z1 (143) → filter"},
		{roster.Query{Capabilities: []string{"plan"}, Labels: []roster.Pair{{Key: "zone", Value: "z1"}}, Limit: 1000}, 15, "capability plan (100) ∩ label zone=z1 (143)"},
		{roster.Query{Health: []string{"critical"}}, 0, "health critical (0)"},
		{roster.Query{Health: []string{"warning"}}, 0, "health warning (0)"},
		{roster.Query{Statuses: []string{"running"}}, 0, "status running (0)"},
		{roster.Query{Namespaces: []string{"prod"}}, 0, "namespace prod (0)"},
		{roster.Query{Nodes: []string{"n1-0001"}}, 0, "node n1-0001 (0)"},
		{roster.Query{Text: "000123"}, 1, "text 000123* (1)"},
		{roster.Query{Text: "fleet 000123"}, 1, "text 000123* (1)"},
		{roster.Query{Text: "fleet", Capabilities: []string{"plan"}}, 100, "capability plan (100)"},
		{roster.Query{Filter: `capability contains "plan"`}, 100, "capability plan (100)"},
	} {
		q, err := query.Compile(c.q)
		if err != nil {
			t.Logf("%+v: %v", c.q, err)
			continue
		}
		_, plan, err := m.View().Find(q, Mark{}, roster.ListLimitMax)
		var shard, tried, found int
		if _, scanErr := fmt.Sscanf(plan[strings.LastIndex(plan, "filter"):], "filter %d → %d", &tried, &found); err != nil || scanErr != nil {
			t.Fatal(plan, err, scanErr)
		}
		if strings.Contains(plan, "scan") || !strings.Contains(plan, c.plan) || tried > max(c.tried, 10) {
			t.Errorf("%+v: plan %q (shard %d), want %q and at most %d looked at", c.q, plan, shard, c.plan, c.tried)
		}
	}
	if _, plan, _ := m.View().Find(compile(t, roster.Query{}), Mark{}, 5); plan != "shard 1: scan 1000 → filter 5 → 5" {
		t.Errorf("no field at all: %q", plan)
	}
	if _, _, err := m.View().Find(nil, Mark{}, 5); roster.CodeOf(err) != roster.CodeInvalid {
		t.Errorf("no query at all: %v", err)
	}
}
