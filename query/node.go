package query

import (
	"roster"
	"slices"
	"strings"
)

// node is a part of a filter. String returns its canonical form: it parses back to
// the same filter, and filters that differ only in the order of the operands of
// "and" and "or" have the same one.
type node interface {
	match(r *roster.Record) bool
	String() string
}

var (
	_ node = all(nil)
	_ node = some(nil)
	_ node = not{}
	_ node = (*comparison)(nil)
)

type (
	all  []node // never directly in an all
	some []node // never directly in a some
	not  struct{ operand node }
)

func (a all) match(r *roster.Record) bool {
	for _, n := range a {
		if !n.match(r) {
			return false
		}
	}
	return true
}

func (s some) match(r *roster.Record) bool {
	for _, n := range s {
		if n.match(r) {
			return true
		}
	}
	return false
}

func (n not) match(r *roster.Record) bool { return !n.operand.match(r) }

// newAll and newSome join operands, in canonical order and each once: operands of
// the same kind are taken apart, and of one alone there is nothing to join.
func newAll(operands []node) node {
	var flat all
	for _, n := range operands {
		if inner, ok := n.(all); ok {
			flat = append(flat, inner...)
		} else {
			flat = append(flat, n)
		}
	}
	if flat = distinct(flat); len(flat) == 1 {
		return flat[0]
	}
	return flat
}

func newSome(operands []node) node {
	var flat some
	for _, n := range operands {
		if inner, ok := n.(some); ok {
			flat = append(flat, inner...)
		} else {
			flat = append(flat, n)
		}
	}
	if flat = distinct(flat); len(flat) == 1 {
		return flat[0]
	}
	return flat
}

// distinct returns the nodes sorted by what they are written as, each once.
func distinct(nodes []node) []node {
	if len(nodes) < 2 {
		return nodes
	}
	type written struct {
		node node
		text string
	}
	all := make([]written, len(nodes))
	for i, n := range nodes {
		all[i] = written{n, n.String()}
	}
	slices.SortFunc(all, func(a, b written) int { return strings.Compare(a.text, b.text) })
	all = slices.CompactFunc(all, func(a, b written) bool { return a.text == b.text })
	sorted := make([]node, len(all))
	for i, w := range all {
		sorted[i] = w.node
	}
	return sorted
}

func (a all) String() string {
	texts := make([]string, len(a))
	for i, n := range a {
		texts[i] = n.String()
		if _, looser := n.(some); looser {
			texts[i] = "(" + texts[i] + ")"
		}
	}
	return strings.Join(texts, " and ")
}

func (s some) String() string {
	texts := make([]string, len(s))
	for i, n := range s {
		texts[i] = n.String()
	}
	return strings.Join(texts, " or ")
}

func (n not) String() string {
	switch n.operand.(type) {
	case all, some:
		return "not (" + n.operand.String() + ")"
	}
	return "not " + n.operand.String()
}
