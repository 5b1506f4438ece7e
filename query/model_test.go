package query

import (
	"cmp"
	"math/big"
	"regexp"
	"roster"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// expression is a filter's text and what a dumb evaluator says of it.
type expression struct {
	text string
	eval func(*roster.Record) bool
}

// field is a selector as the dumb evaluator sees it.
type field struct {
	spellings []string
	shape     shape
	values    func(*roster.Record) []string
}

func key(m roster.Map, key string) []string {
	for k, v := range m.All() {
		if k == key {
			return []string{v}
		}
	}
	return nil
}

func capabilityValues(get func(roster.Capability) []string) func(*roster.Record) []string {
	return func(r *roster.Record) (all []string) {
		for _, c := range r.Capabilities {
			all = append(all, get(c)...)
		}
		return all
	}
}

func keys(m roster.Map) (all []string) {
	for k := range m.All() {
		all = append(all, k)
	}
	return all
}

func fields() []field {
	return []field{
		{[]string{"namespace"}, shapeField, func(r *roster.Record) []string { return []string{strings.Split(string(r.ID), "/")[0]} }},
		{[]string{"node"}, shapeField, func(r *roster.Record) []string { return []string{string(r.Node)} }},
		{[]string{"status"}, shapeField, func(r *roster.Record) []string { return []string{string(r.Status)} }},
		{[]string{"health", "health.state", `health["state"]`}, shapeField, func(r *roster.Record) []string { return []string{string(r.Health.State)} }},
		{[]string{"revision"}, shapeField, func(r *roster.Record) []string { return []string{strconv.Itoa(int(r.Revision))} }},
		{[]string{"description"}, shapeField, func(r *roster.Record) []string { return []string{r.Description} }},
		{[]string{"capability", "capabilities", "capabilities.name"}, shapeList, capabilityValues(func(c roster.Capability) []string { return []string{c.Name} })},
		{[]string{"capabilities.version"}, shapeList, capabilityValues(func(c roster.Capability) []string { return []string{c.Version} })},
		{[]string{"capabilities.attributes"}, shapeMap, capabilityValues(func(c roster.Capability) []string { return keys(c.Attributes) })},
		{[]string{"capabilities.attributes.a", `capabilities.attributes["a"]`}, shapeList, capabilityValues(func(c roster.Capability) []string { return key(c.Attributes, "a") })},
		{[]string{"labels"}, shapeMap, func(r *roster.Record) []string { return keys(r.Labels) }},
		{[]string{"labels.a", `labels["a"]`, "labels[`a`]"}, shapeField, func(r *roster.Record) []string { return key(r.Labels, "a") }},
		{[]string{"labels.a.b", `labels["a.b"]`}, shapeField, func(r *roster.Record) []string { return key(r.Labels, "a.b") }},
		{[]string{"metadata.b", `metadata[b]`}, shapeField, func(r *roster.Record) []string { return key(r.Metadata, "b") }},
	}
}

// pool is small, so that values meet.
var pool = []string{"a", "b", "ab", "a.b", "7", "007", "-7", "10", "", "and", "passing", "critical", "running", "ä \"x\" \\"}

func drawValue(t *rapid.T) (value, text string) {
	value = rapid.SampledFrom(pool).Draw(t, "value")
	texts := []string{strconv.Quote(value), "`" + value + "`"}
	if value != "" && value != "and" && !strings.ContainsAny(value, ` "`) {
		texts = append(texts, value)
	}
	return value, rapid.SampledFrom(texts).Draw(t, "text")
}

func dumbOrder(a, b string) int {
	x, isX := new(big.Int).SetString(a, 10)
	y, isY := new(big.Int).SetString(b, 10)
	if isX && isY {
		return x.Cmp(y)
	}
	return cmp.Compare(a, b)
}

// drawLeaf draws a comparison.
func drawLeaf(t *rapid.T) expression {
	f := rapid.SampledFrom(fields()).Draw(t, "selector")
	name := rapid.SampledFrom(f.spellings).Draw(t, "spelling")
	v, text := drawValue(t)
	w, text2 := drawValue(t)
	some := func(test func(string) bool) func(*roster.Record) bool {
		return func(r *roster.Record) bool { return slices.ContainsFunc(f.values(r), test) }
	}
	deny := func(e func(*roster.Record) bool) func(*roster.Record) bool {
		return func(r *roster.Record) bool { return !e(r) }
	}
	contains := some(func(s string) bool { return s == v || f.shape == shapeField && strings.Contains(s, v) })
	filled := some(func(s string) bool { return s != "" })
	choices := []expression{
		{name + " contains " + text, contains},
		{name + " not contains " + text, deny(contains)},
		{text + " in " + name, contains},
		{text + " not in " + name, deny(contains)},
		{name + " is not empty", filled},
		{name + " is empty", deny(filled)},
	}
	if f.shape != shapeMap {
		equals := some(func(s string) bool { return s == v })
		oneOf := some(func(s string) bool { return s == v || s == w })
		matches := some(regexp.MustCompile(regexp.QuoteMeta(v) + "$").MatchString)
		pattern := strconv.Quote(regexp.QuoteMeta(v) + "$")
		choices = append(choices,
			expression{name + "==" + text, equals},
			expression{name + " != " + text, deny(equals)},
			expression{name + " in [" + text + " ," + text2 + "]", oneOf},
			expression{name + " not in[" + text + "]", deny(equals)},
			expression{name + " matches " + pattern, matches},
			expression{name + " not matches " + pattern, deny(matches)},
			expression{name + " < " + text, some(func(s string) bool { return dumbOrder(s, v) < 0 })},
			expression{name + "<=" + text, some(func(s string) bool { return dumbOrder(s, v) <= 0 })},
			expression{name + " >" + text, some(func(s string) bool { return dumbOrder(s, v) > 0 })},
			expression{name + ">= " + text, some(func(s string) bool { return dumbOrder(s, v) >= 0 })},
		)
	}
	return rapid.SampledFrom(choices).Draw(t, "comparison")
}

// drawUnary, drawAnd and drawOr draw one level of the grammar each, so that
// precedence is tested and not only parentheses.
func drawUnary(t *rapid.T, depth int) expression {
	switch rapid.IntRange(0, 5).Draw(t, "unary") {
	case 0:
		if depth > 0 {
			e := drawOr(t, depth-1)
			return expression{"(" + e.text + ")", e.eval}
		}
	case 1:
		if depth > 0 {
			e := drawUnary(t, depth-1)
			return expression{"not " + e.text, func(r *roster.Record) bool { return !e.eval(r) }}
		}
	}
	return drawLeaf(t)
}

func drawAnd(t *rapid.T, depth int) expression {
	e := drawUnary(t, depth)
	for range rapid.IntRange(0, 2).Draw(t, "ands") {
		left, right := e, drawUnary(t, depth)
		e = expression{left.text + " and " + right.text, func(r *roster.Record) bool { return left.eval(r) && right.eval(r) }}
	}
	return e
}

func drawOr(t *rapid.T, depth int) expression {
	e := drawAnd(t, depth)
	for range rapid.IntRange(0, 2).Draw(t, "ors") {
		left, right := e, drawAnd(t, depth)
		e = expression{left.text + " or " + right.text, func(r *roster.Record) bool { return left.eval(r) || right.eval(r) }}
	}
	return e
}

func drawMap(t *rapid.T, name string) roster.Map {
	return roster.MapOf(rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "a.b"}), rapid.SampledFrom(pool), 0, 3).Draw(t, name))
}

func drawRecord(t *rapid.T) *roster.Record {
	value := rapid.SampledFrom(pool)
	r := &roster.Record{Agent: roster.Agent{
		ID:          roster.AgentID(rapid.SampledFrom([]string{"a/x", "b/a-7", "7/b"}).Draw(t, "id")),
		Labels:      drawMap(t, "labels"),
		Metadata:    drawMap(t, "metadata"),
		Description: value.Draw(t, "description"),
	}}
	for range rapid.IntRange(0, 2).Draw(t, "capabilities") {
		r.Capabilities = append(r.Capabilities, roster.Capability{
			Name: value.Filter(func(s string) bool { return s != "" }).Draw(t, "name"), Version: value.Draw(t, "version"), Attributes: drawMap(t, "attributes"),
		})
	}
	r.Node = roster.NodeID(value.Draw(t, "node"))
	r.Status = rapid.SampledFrom(roster.Statuses).Draw(t, "status")
	r.Health.State = rapid.SampledFrom(roster.HealthStates).Draw(t, "health")
	r.Revision = roster.Index(rapid.IntRange(0, 12).Draw(t, "revision"))
	return r
}

// holds reports whether the record is found under a term, as an index would.
func holds(term Term, r *roster.Record) bool {
	return slices.ContainsFunc(term.Field.Keys(r), func(k string) bool { return slices.Contains(term.Values, k) })
}

// The filter says what a dumb evaluator says, and what matches is found under every
// term.
func TestFilterEqualsTheDumbEvaluator(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawOr(t, 2)
		c, err := Compile(roster.Query{Filter: e.text, AnyHealth: true})
		if err != nil {
			if strings.Contains(err.Error(), "comparisons") {
				t.Skip("too many comparisons")
			}
			t.Fatalf("%s: %v", e.text, err)
		}
		again, err := Compile(roster.Query{Filter: c.filter.String(), AnyHealth: true})
		if err != nil || again.Hash() != c.Hash() {
			t.Fatalf("%s was written as %s: %v", e.text, c.filter, err)
		}
		for range 5 {
			r := drawRecord(t)
			want := e.eval(r)
			if c.Match(r) != want || again.Match(r) != want {
				t.Fatalf("%s\nread as %s: want %v for %+v", e.text, c.filter, want, *r)
			}
			for _, term := range c.Terms() {
				if want && !holds(term, r) {
					t.Fatalf("%s: %v loses a match %+v", e.text, term, *r)
				}
			}
		}
	})
}
