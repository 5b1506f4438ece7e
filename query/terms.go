package query

import (
	"roster"
	"slices"
)

// Field names an index over agents.
type Field string

// The indexed fields. A label's key is LabelKey of its key and value.
const (
	FieldCapability Field = "capability"
	FieldNamespace  Field = "namespace"
	FieldStatus     Field = "status"
	FieldHealth     Field = "health"
	FieldNode       Field = "node"
	FieldLabel      Field = "label"
)

// Fields lists every indexed field.
var Fields = []Field{FieldCapability, FieldNamespace, FieldStatus, FieldHealth, FieldNode, FieldLabel}

// Key returns the key of r under a field that is neither capability nor label: such
// have one, though that of an agent without a node is not in the index.
func (f Field) Key(r *roster.Record) string {
	switch f {
	case FieldNamespace:
		return r.ID.Namespace()
	case FieldStatus:
		return string(r.Status)
	case FieldHealth:
		return string(r.Health.State)
	case FieldNode:
		return string(r.Node)
	}
	return ""
}

// Keys returns the keys under which an index over f holds r. A capability in two
// versions is there twice; an agent without a node has no key. The slice is the
// caller's.
func (f Field) Keys(r *roster.Record) []string {
	switch f {
	case FieldCapability:
		keys := make([]string, len(r.Capabilities))
		for i, c := range r.Capabilities {
			keys[i] = c.Name
		}
		return keys
	case FieldLabel:
		keys := make([]string, len(r.Labels))
		for i, p := range r.Labels {
			keys[i] = LabelKey(p.Key, p.Value)
		}
		return keys
	}
	if f == FieldNode && r.Node == "" {
		return nil
	}
	return []string{f.Key(r)}
}

// LabelKey is the index key of a label. Labels whose keys hold "=" can share one;
// Match tells them apart.
func LabelKey(key, value string) string { return key + "=" + value }

// Term is something that every match has: at least one of Values as a key under
// Field. Values are sorted and unique.
type Term struct {
	Field  Field
	Values []string
}

// Terms returns what indexes can be asked for: every agent that Match accepts
// satisfies every term, but not the other way round. They come from the lists of
// the query and from the filter, as far as "and" and an "or" over one field reach.
// The rule that leaves critical agents out gives none.
func (c *Compiled) Terms() []Term { return c.terms }

// queryTerms returns the terms of the lists, then those of the filter, each once.
func (c *Compiled) queryTerms() []Term {
	var terms []Term
	add := func(t Term) {
		if !slices.ContainsFunc(terms, t.equal) {
			terms = append(terms, t)
		}
	}
	for _, list := range c.lists {
		for _, v := range list.values {
			add(Term{list.field, []string{v}})
		}
	}
	if t, ok := scopeTerm(c.scope); ok {
		add(t)
	}
	for _, p := range c.labels {
		add(Term{FieldLabel, []string{LabelKey(p.Key, p.Value)}})
	}
	for _, t := range nodeTerms(c.filter) {
		add(t)
	}
	return terms
}

func (t Term) equal(u Term) bool { return t.Field == u.Field && slices.Equal(t.Values, u.Values) }

// nodeTerms returns what every record that n matches has.
func nodeTerms(n node) []Term {
	switch n := n.(type) {
	case all:
		var terms []Term
		for _, operand := range n {
			terms = append(terms, nodeTerms(operand)...)
		}
		return terms
	case some:
		return someTerms(n)
	case *comparison:
		return n.term()
	}
	return nil
}

// someTerms merges the operands of an "or": a field serves if each operand asks for
// something there.
func someTerms(operands some) []Term {
	each := make([][]Term, len(operands))
	for i, operand := range operands {
		each[i] = nodeTerms(operand)
	}
	var merged []Term
	for _, f := range Fields {
		var values []string
		for _, terms := range each {
			i := slices.IndexFunc(terms, func(t Term) bool { return t.Field == f })
			if i < 0 {
				values = nil
				break
			}
			values = append(values, terms[i].Values...)
		}
		if len(values) > 0 {
			slices.Sort(values)
			merged = append(merged, Term{f, slices.Compact(values)})
		}
	}
	return merged
}

// term returns the comparison as at most one term. An empty node is in no index.
func (c *comparison) term() []Term {
	f := c.selector.field()
	equality := c.op == opIn || c.op == opContains && c.selector.shape() == shapeList
	if c.negated || !equality || f == "" || f == FieldNode && slices.Contains(c.values, "") {
		return nil
	}
	values := slices.Clone(c.values)
	if f == FieldLabel {
		for i, v := range values {
			values[i] = LabelKey(c.selector.key, v)
		}
	}
	return []Term{{f, values}}
}
