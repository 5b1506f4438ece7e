package query

import (
	"fmt"
	"roster"
	"slices"
	"strings"
	"testing"
)

func compile(t testing.TB, q roster.Query) *Compiled {
	t.Helper()
	c, err := Compile(q)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMatchLists(t *testing.T) {
	for _, c := range []struct {
		query roster.Query
		want  bool
	}{
		{roster.Query{}, true},
		{roster.Query{Capabilities: []string{"planner"}}, true},
		{roster.Query{Capabilities: []string{"planner", "route/map"}}, true},
		{roster.Query{Capabilities: []string{"planner", "coder"}}, false},
		{roster.Query{Labels: []roster.Pair{{Key: "tier", Value: "gold"}, {Key: "none"}}}, true},
		{roster.Query{Labels: []roster.Pair{{Key: "tier", Value: "silver"}}}, false},
		{roster.Query{Labels: []roster.Pair{{Key: "nope"}}}, false},
		{roster.Query{Namespaces: []string{"demo"}}, true},
		{roster.Query{Namespaces: []string{"demo", "prod"}}, false},
		{roster.Query{Nodes: []string{"n1-00c0ffee"}}, true},
		{roster.Query{Nodes: []string{"n2"}}, false},
		{roster.Query{Statuses: []string{"running"}}, true},
		{roster.Query{Statuses: []string{"running", "stopped"}}, false},
		{roster.Query{Health: []string{"warning"}}, true},
		{roster.Query{Health: []string{"passing"}}, false},
		{roster.Query{Text: "plan"}, true},
		{roster.Query{Text: "plan nothing"}, false},
		{roster.Query{Text: "plan", Filter: "shard == 4"}, false},
	} {
		if got := compile(t, c.query).Match(planner()); got != c.want {
			t.Errorf("%+v: %v, want %v", c.query, got, c.want)
		}
	}
}

// Critical agents show only when the query asks for health; a filter alone does not.
func TestCriticalIsLeftOut(t *testing.T) {
	critical := planner()
	critical.Health.State = roster.Critical
	for _, c := range []struct {
		query roster.Query
		want  bool
	}{
		{roster.Query{}, false},
		{roster.Query{Filter: `health == critical`}, false},
		{roster.Query{AnyHealth: true}, true},
		{roster.Query{AnyHealth: true, Filter: `health == critical`}, true},
		{roster.Query{Health: []string{"critical"}}, true},
		{roster.Query{Health: []string{"passing"}, AnyHealth: true}, false},
	} {
		if got := compile(t, c.query).Match(critical); got != c.want {
			t.Errorf("%+v: %v, want %v", c.query, got, c.want)
		}
	}
	if compile(t, roster.Query{}).Match(nil) {
		t.Error("nothing matches")
	}
}

func TestCompileRefuses(t *testing.T) {
	many := slices.Repeat([]string{"a"}, roster.QueryValuesMax+1)
	for field, queries := range map[string][]roster.Query{
		"capability": {{Capabilities: many}, {Capabilities: []string{""}}, {Capabilities: []string{strings.Repeat("a", 129)}}, {Capabilities: []string{"\xff"}}},
		"namespace":  {{Namespaces: many}, {Namespaces: []string{""}}, {Namespaces: []string{"Demo"}}, {Namespaces: []string{"a/b"}}, {Namespaces: []string{strings.Repeat("a", 65)}}},
		"node":       {{Nodes: many}, {Nodes: []string{""}}, {Nodes: []string{strings.Repeat("a", 257)}}},
		"status":     {{Statuses: many}, {Statuses: []string{"runing"}}, {Statuses: []string{""}}},
		"health":     {{Health: many}, {Health: []string{"well"}}},
		"label": {{Labels: make([]roster.Pair, roster.QueryValuesMax+1)}, {Labels: []roster.Pair{{Value: "x"}}},
			{Labels: []roster.Pair{{Key: strings.Repeat("a", 129)}}}, {Labels: []roster.Pair{{Key: "a", Value: strings.Repeat("a", 257)}}}, {Labels: []roster.Pair{{Key: "a", Value: "\xff"}}}},
		"text":   {{Text: strings.Repeat("a", 1025)}, {Text: "\xff"}, {Text: "?!"}, {Text: strings.Repeat("a ", 65)}},
		"limit":  {{Limit: -1}, {Limit: roster.ListLimitMax + 1}},
		"filter": {{Filter: "?"}},
	} {
		for i, q := range queries {
			_, err := Compile(q)
			e, ok := err.(*roster.Error)
			if !ok || e.Code != roster.CodeInvalid || e.Field != field || e.Detail == "" || len(e.Detail) > 500 {
				t.Errorf("%s %d: %#v", field, i, err)
			}
		}
	}
}

func TestLimit(t *testing.T) {
	for limit, want := range map[int]int{0: roster.ListLimit, 1: 1, roster.ListLimitMax: roster.ListLimitMax} {
		if got := compile(t, roster.Query{Limit: limit}).Limit(); got != want {
			t.Errorf("Limit %d: %d, want %d", limit, got, want)
		}
	}
}

func TestTerms(t *testing.T) {
	for filter, want := range map[string]string{
		`"x" in capabilities`:                                 `[{capability [x]}]`,
		`capability == x and capabilities contains y`:         `[{capability [y]} {capability [x]}]`,
		`status in [running, failed, running]`:                `[{status [failed running]}]`,
		`status == running and (node == a or node in [c, b])`: `[{node [a b c]} {status [running]}]`,
		`labels.a == 1 or labels.b == 2`:                      `[{label [a=1 b=2]}]`,
		`labels.a in [2, 1] and health.state == passing`:      `[{health [passing]} {label [a=1 a=2]}]`,
		`namespace == a and (namespace == a and shard == 1)`:  `[{namespace [a]}]`,
		`namespace == a and shard > 1 or namespace == b`:      `[{namespace [a b]}]`,
		`namespace == a or status == running`:                 `[]`,
		`namespace == a or namespace != b`:                    `[]`,
		`not namespace == a`:                                  `[]`,
		`namespace != a and status not in [failed]`:           `[]`,
		`node == ""`:      `[]`,
		`node contains n`: `[]`,
		`a in labels and capabilities is not empty`:                `[]`,
		`capabilities matches x and name == y and metadata.k == v`: `[]`,
	} {
		if got := compile(t, roster.Query{Filter: filter}).Terms(); fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %s", filter, got, want)
		}
	}
	all := compile(t, roster.Query{
		Capabilities: []string{"y", "x", "y"}, Labels: []roster.Pair{{Key: "k", Value: "v"}}, Namespaces: []string{"n"},
		Nodes: []string{"m"}, Statuses: []string{"running"}, Health: []string{"passing"}, Filter: `capability == x and namespace == o`,
	}).Terms()
	want := "[{capability [x]} {capability [y]} {namespace [n]} {node [m]} {status [running]} {health [passing]} {label [k=v]} {namespace [o]}]"
	if got := fmt.Sprint(all); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestKeys(t *testing.T) {
	r := planner()
	for field, want := range map[Field]string{
		FieldCapability: "[planner route/map]", FieldNamespace: "[demo]", FieldStatus: "[running]", FieldHealth: "[warning]",
		FieldNode: "[n1-00c0ffee]", FieldLabel: "[a.b=dotted größe=XL none= rank=12 tier=gold]",
	} {
		if got := fmt.Sprint(field.Keys(r)); got != want {
			t.Errorf("%s: %s, want %s", field, got, want)
		}
	}
	r.Node = ""
	if got := FieldNode.Keys(r); len(got) != 0 {
		t.Errorf("without node: %q", got)
	}
}

func TestHash(t *testing.T) {
	base := roster.Query{
		Capabilities: []string{"a", "b"}, Labels: []roster.Pair{{Key: "k", Value: "v"}, {Key: "l", Value: "w"}}, Namespaces: []string{"n"},
		Text: "two Words", Filter: `status == running and (shard == 1 or epoch in [2, 3])`,
	}
	same := map[string]func(*roster.Query){
		"order of lists":  func(q *roster.Query) { q.Capabilities = []string{"b", "a", "b"} },
		"order of labels": func(q *roster.Query) { q.Labels = []roster.Pair{q.Labels[1], q.Labels[0]} },
		"order of words":  func(q *roster.Query) { q.Text = "words; TWO words" },
		"order in filter": func(q *roster.Query) { q.Filter = `((epoch in [3,2]) or shard==1) and status in [running]` },
		"paging": func(q *roster.Query) {
			q.Limit, q.Cursor, q.Explain, q.Initial, q.Read.Level = 7, "x", true, true, roster.ReadFresh
		},
	}
	other := map[string]func(*roster.Query){
		"one value fewer":  func(q *roster.Query) { q.Capabilities = q.Capabilities[:1] },
		"another list":     func(q *roster.Query) { q.Namespaces, q.Nodes = nil, []string{"n"} },
		"swapped labels":   func(q *roster.Query) { q.Labels = []roster.Pair{{Key: "k", Value: "w"}, {Key: "l", Value: "v"}} },
		"any health":       func(q *roster.Query) { q.AnyHealth = true },
		"another word":     func(q *roster.Query) { q.Text = "two word" },
		"another value":    func(q *roster.Query) { q.Filter = strings.Replace(q.Filter, "3]", "4]", 1) },
		"other precedence": func(q *roster.Query) { q.Filter = strings.NewReplacer("(", "", ")", "").Replace(q.Filter) },
	}
	want := compile(t, base).Hash()
	for name, change := range same {
		q := base
		change(&q)
		if got := compile(t, q).Hash(); got != want {
			t.Errorf("%s: %x, want %x", name, got, want)
		}
	}
	for name, change := range other {
		q := base
		change(&q)
		if compile(t, q).Hash() == want {
			t.Errorf("%s: the same hash", name)
		}
	}
	// Cursors outlive a process and are taken by any node: the value is a format.
	const golden, empty = 0xfe8849e7d630f1a1, 0x1cba2591cfa2b270
	if got := compile(t, roster.Query{}).Hash(); want != golden || got != empty {
		t.Errorf("hashes %#x and %#x, want %#x and %#x", want, got, uint64(golden), uint64(empty))
	}
}

func BenchmarkMatch(b *testing.B) {
	r := planner()
	for name, q := range map[string]roster.Query{
		"lists":  {Capabilities: []string{"planner"}, Labels: []roster.Pair{{Key: "tier", Value: "gold"}}, Statuses: []string{"running"}},
		"filter": {Filter: `"planner" in capabilities and labels.tier in [gold, silver] and not (metadata.x is empty or epoch < 40)`},
		"regexp": {Filter: `name matches "^plan.*-[0-9]+$"`},
		"text":   {Text: "trip quoted"},
	} {
		c := compile(b, q)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !c.Match(r) {
					b.Fatal("no match")
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	q := roster.Query{Filter: `"planner" in capabilities and labels.tier in [gold, silver] and not (metadata.x is empty or epoch < 40)`}
	for b.Loop() {
		compile(b, q)
	}
}
