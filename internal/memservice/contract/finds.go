package contract

import (
	"fmt"
	"slices"
	"strings"

	"roster"
)

// found returns the names that a query selects in the test's namespace, page by page.
func (f *fixture) found(q roster.Query) (names []string) {
	f.Helper()
	q.Namespaces = []string{f.ns}
	for {
		page, err := f.s.Find(f.ctx, q)
		f.must(err)
		for _, r := range page.Agents {
			names = append(names, r.ID.Name())
		}
		if q.Cursor = page.Cursor; q.Cursor == "" {
			return names
		}
	}
}

func findSelects(f *fixture) {
	var last roster.Token
	for name, agent := range map[string]roster.Agent{
		"gold":   {Capabilities: []roster.Capability{{Name: "translate"}, {Name: "plan"}}, Labels: roster.Map{{Key: "tier", Value: "gold"}}},
		"silver": {Capabilities: []roster.Capability{{Name: "translate", Version: "2"}}, Labels: roster.Map{{Key: "tier", Value: "silver"}}},
		"sick":   {Capabilities: []roster.Capability{{Name: "translate"}}, Labels: roster.Map{{Key: "tier", Value: "gold"}}},
	} {
		agent.ID = f.id(name)
		_, stamp := f.create(agent.Canonical())
		var err error
		last, err = roster.MergeTokens(last, stamp.Token)
		f.must(err)
	}
	_, stamp := f.do(roster.SetHealth{ID: f.id("sick"), Health: roster.Health{State: roster.Critical}})
	last, err := roster.MergeTokens(last, stamp.Token)
	f.must(err)
	for _, c := range []struct {
		query roster.Query
		want  string
	}{
		{roster.Query{}, "gold silver"},
		{roster.Query{AnyHealth: true}, "gold sick silver"},
		{roster.Query{Health: []string{"critical"}}, "sick"},
		{roster.Query{Capabilities: []string{"translate"}}, "gold silver"},
		{roster.Query{Capabilities: []string{"translate", "plan"}}, "gold"},
		{roster.Query{Labels: []roster.Pair{{Key: "tier", Value: "silver"}}}, "silver"},
		{roster.Query{Labels: []roster.Pair{{Key: "tier", Value: "tin"}}}, ""},
		{roster.Query{Statuses: []string{"registered"}, Capabilities: []string{"plan"}}, "gold"},
		{roster.Query{Statuses: []string{"running"}}, ""},
	} {
		c.query.Read = roster.Read{Level: roster.ReadFresh, After: last}
		if got := strings.Join(f.found(c.query), " "); got != c.want {
			f.Errorf("%+v found %q, want %q", c.query, got, c.want)
		}
	}
}

func findText(f *fixture) {
	var last roster.Token
	for _, name := range []string{"b", "a", "c"} {
		agent := f.agent(name)
		agent.Description = map[string]string{"a": "Harvests wheat", "b": "mills wheat-flour, harvester too", "c": "bakes"}[name]
		_, stamp := f.create(agent)
		var err error
		last, err = roster.MergeTokens(last, stamp.Token)
		f.must(err)
	}
	fresh := roster.Read{Level: roster.ReadFresh, After: last}
	for words, want := range map[string]string{"WHEAT": "a b", "wheat harv": "a b", "flour": "b", "wheat bakes": "", "bak": "c"} {
		got := f.found(roster.Query{Text: words, Read: fresh, Limit: 1})
		slices.Sort(got) // scores are the implementation's own; each page must still be disjoint
		if strings.Join(got, " ") != want {
			f.Errorf("%q found %q, want %q", words, got, want)
		}
	}
}

func findPages(f *fixture) {
	const agents = 25
	items := make([]roster.Register, agents)
	want := make([]string, agents)
	for i := range items {
		want[i] = fmt.Sprintf("n%02d", i)
		items[i] = roster.Register{Agent: f.agent(want[i]), Mode: roster.ModeCreate}
	}
	_, token, err := f.s.RegisterBatch(f.ctx, items)
	f.must(err)
	q := roster.Query{Namespaces: []string{f.ns}, Limit: 4, Read: roster.Read{Level: roster.ReadFresh, After: token}}
	if got := f.found(q); !slices.Equal(got, want) {
		f.Errorf("pages hold %q", got)
	}
	page, err := f.s.Find(f.ctx, q)
	f.must(err)
	if len(page.Agents) != 4 || page.Cursor == "" || page.Token == "" {
		f.Fatalf("page of %d agents, cursor %q, token %q", len(page.Agents), page.Cursor, page.Token)
	}
	other := q
	other.Cursor, other.Labels = page.Cursor, []roster.Pair{{Key: "tier", Value: "gold"}}
	_, err = f.s.Find(f.ctx, other)
	f.refused(err, roster.CodeInvalid)
	other = q
	other.Cursor, other.Limit = page.Cursor, 100
	page, err = f.s.Find(f.ctx, other)
	f.must(err)
	if len(page.Agents) != agents-4 || page.Cursor != "" {
		f.Errorf("the rest: %d agents, cursor %q", len(page.Agents), page.Cursor)
	}
}

func findRefuses(f *fixture) {
	for _, q := range []roster.Query{
		{Limit: roster.ListLimitMax + 1}, {Limit: -1}, {Cursor: "forged"}, {Filter: "capability ==="}, {Filter: strings.Repeat("x", roster.FilterBytesMax+1)},
		{Text: strings.Repeat("x", roster.TextBytesMax+1)}, {Health: []string{"fine"}}, {Statuses: []string{"asleep"}},
		{Capabilities: slices.Repeat([]string{"c"}, roster.QueryValuesMax+1)}, {Read: roster.Read{Level: "maybe"}},
	} {
		_, err := f.s.Find(f.ctx, q)
		f.refused(err, roster.CodeInvalid)
	}
}

func findExplains(f *fixture) {
	for _, everyHealth := range []bool{false, true} {
		page, err := f.s.Find(f.ctx, roster.Query{Namespaces: []string{f.ns}, AnyHealth: everyHealth, Explain: true})
		f.must(err)
		if len(page.Plan) == 0 || page.Agents == nil {
			f.Errorf("any health %v: plan %q, agents %v", everyHealth, page.Plan, page.Agents)
		}
	}
}
