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

func (a all) String() string {
	return join(a, " and ", func(n node) bool { _, or := n.(some); return or })
}

func (s some) String() string {
	return join(s, " or ", func(node) bool { return false })
}

func (n not) String() string {
	switch n.operand.(type) {
	case all, some:
		return "not (" + n.operand.String() + ")"
	}
	return "not " + n.operand.String()
}

// join writes operands in order, each once, in parentheses where loose says that it
// binds less tightly than word. It sorts after that, so that the order is one of
// what is written.
func join(operands []node, word string, loose func(node) bool) string {
	texts := make([]string, len(operands))
	for i, n := range operands {
		texts[i] = n.String()
		if loose(n) {
			texts[i] = "(" + texts[i] + ")"
		}
	}
	slices.Sort(texts)
	return strings.Join(slices.Compact(texts), word)
}
