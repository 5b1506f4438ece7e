package query

import (
	"roster"
	"slices"
	"strings"
)

// Compiled is a query that was found valid. It is immutable and safe for use by
// many goroutines.
type Compiled struct {
	lists    []list
	labels   []roster.Pair // sorted and unique
	scope    []string      // patterns, sorted and unique; nil: any namespace
	critical bool          // critical agents may match
	words    []string      // sorted and unique
	filter   node          // nil: none
	terms    []Term
	limit    int
	hash     uint64
}

// list is one of the repeated parameters: an agent must have every value.
type list struct {
	field  Field
	values []string // sorted and unique
}

// Compile checks a query and prepares it. Every error is an Invalid *roster.Error
// whose Field is the name of the query parameter (capability, label, namespace,
// node, status, health, text, filter, limit) and whose Position, for a filter, is
// the byte from 1 at which it is wrong.
func Compile(q roster.Query) (*Compiled, error) {
	if err := validate(q); err != nil {
		return nil, err
	}
	c := &Compiled{
		lists: []list{
			{FieldCapability, unique(q.Capabilities)},
			{FieldNamespace, unique(q.Namespaces)},
			{FieldNode, unique(q.Nodes)},
			{FieldStatus, unique(q.Statuses)},
			{FieldHealth, unique(q.Health)},
		},
		labels:   uniquePairs(q.Labels),
		scope:    scopeOf(q.Scope),
		critical: q.AnyHealth || len(q.Health) > 0,
		words:    unique(Words(q.Text)),
		limit:    q.Limit,
	}
	if c.limit == 0 {
		c.limit = roster.ListLimit
	}
	if strings.TrimSpace(q.Filter) != "" {
		n, err := parse(q.Filter)
		if err != nil {
			return nil, err
		}
		c.filter = n
	}
	c.terms = c.queryTerms()
	c.hash = c.selection()
	return c, nil
}

// Match reports whether the query selects r: everything but the cursor and the
// limit, the rule on critical agents included. It is false for nil.
func (c *Compiled) Match(r *roster.Record) bool {
	if r == nil || !c.critical && r.Health.State == roster.Critical {
		return false
	}
	if c.scope != nil && !inScope(c.scope, r.ID.Namespace()) {
		return false
	}
	for _, l := range c.lists {
		for _, v := range l.values {
			if !l.field.has(r, v) {
				return false
			}
		}
	}
	for _, p := range c.labels {
		if v, ok := r.Labels.Get(p.Key); !ok || v != p.Value {
			return false
		}
	}
	return (c.filter == nil || c.filter.match(r)) && c.hasWords(r)
}

// has reports whether value is one of the field's keys of r, without listing them.
func (f Field) has(r *roster.Record, value string) bool {
	switch f {
	case FieldCapability:
		return slices.ContainsFunc(r.Capabilities, func(c roster.Capability) bool { return c.Name == value })
	case FieldNamespace:
		return r.ID.Namespace() == value
	case FieldNode:
		return string(r.Node) == value
	case FieldStatus:
		return string(r.Status) == value
	case FieldHealth:
		return string(r.Health.State) == value
	}
	return slices.Contains(f.Keys(r), value)
}

// Words returns the words of the text, sorted and unique: each must begin a word of
// every match. Empty without a text. The caller must not change it.
func (c *Compiled) Words() []string { return c.words }

// Limit returns how many agents a page may hold: 1 to roster.ListLimitMax.
func (c *Compiled) Limit() int { return c.limit }

// Hash returns a fingerprint of what the query selects and in which order, never
// zero. Limit, Cursor, Read, Explain and Initial do not enter it, nor does the order
// or repetition of values, labels, words and the operands of "and" and "or".
func (c *Compiled) Hash() uint64 { return c.hash }

// unique returns a sorted copy of values, each once.
func unique(values []string) []string {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

func uniquePairs(pairs []roster.Pair) []roster.Pair {
	sorted := slices.Clone(pairs)
	slices.SortFunc(sorted, func(a, b roster.Pair) int {
		if c := strings.Compare(a.Key, b.Key); c != 0 {
			return c
		}
		return strings.Compare(a.Value, b.Value)
	})
	return slices.Compact(sorted)
}
