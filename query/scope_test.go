package query

import (
	"roster"
	"slices"
	"testing"
)

func TestScope(t *testing.T) {
	for name, c := range map[string]struct {
		scope []string
		want  []string // of the namespaces below
		terms int
	}{
		"none":       {nil, []string{"a", "ab", "b", "c"}, 0},
		"all":        {[]string{"a", "*"}, []string{"a", "ab", "b", "c"}, 0},
		"empty":      {[]string{}, nil, 0},
		"exact":      {[]string{"b", "a", "b"}, []string{"a", "b"}, 1},
		"beginnings": {[]string{"a*"}, []string{"a", "ab"}, 0},
		"mixed":      {[]string{"a*", "c"}, []string{"a", "ab", "c"}, 0},
	} {
		q, err := Compile(roster.Query{Scope: c.scope, AnyHealth: true})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, namespace := range []string{"a", "ab", "b", "c"} {
			if q.Match(&roster.Record{Agent: roster.Agent{ID: roster.AgentID(namespace + "/x")}}) {
				got = append(got, namespace)
			}
		}
		if !slices.Equal(got, c.want) || len(q.Terms()) != c.terms {
			t.Errorf("%s: finds %q by %v, want %q", name, got, q.Terms(), c.want)
		}
		plain, err := Compile(roster.Query{AnyHealth: true})
		if err != nil || (q.Hash() == plain.Hash()) != (len(c.want) == 4) {
			t.Errorf("%s: the cursors of the narrowed and the whole list mix", name)
		}
	}
	asked, err := Compile(roster.Query{Scope: []string{"a"}, Namespaces: []string{"b"}})
	if err != nil || asked.Match(&roster.Record{Agent: roster.Agent{ID: "b/x"}}) {
		t.Errorf("who asks for more than the scope gets it (%v)", err)
	}
}
