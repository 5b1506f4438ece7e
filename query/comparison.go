package query

import (
	"roster"
	"slices"
	"strconv"
	"strings"
)

// operator is what a comparison asks of each value of its selector.
type operator uint8

const (
	opIn       operator = iota // equals one of the values
	opContains                 // see the package comment
	opMatches
	opLess
	opAtMost
	opMore
	opAtLeast
	opFilled // is not ""
)

// spellings gives each operator, and its negation, the words it is written with.
var spellings = map[operator][2]string{
	opIn:       {"in", "not in"},
	opContains: {"contains", "not contains"},
	opMatches:  {"matches", "not matches"},
	opLess:     {"<"},
	opAtMost:   {"<="},
	opMore:     {">"},
	opAtLeast:  {">="},
	opFilled:   {"is not empty", "is empty"},
}

// comparison is a leaf: it holds when test holds for any value, or, negated, when
// test holds for none.
type comparison struct {
	selector selector
	op       operator
	negated  bool
	values   []string
	test     func(string) bool
}

func (c *comparison) match(r *roster.Record) bool {
	return c.selector.any(r, c.test) != c.negated
}

// String writes the comparison so that it parses back to itself.
func (c *comparison) String() string {
	words := spellings[c.op][0]
	if c.negated {
		words = spellings[c.op][1]
	}
	switch {
	case c.op == opFilled:
		return c.selector.String() + " " + words
	case c.op != opIn:
		return c.selector.String() + " " + words + " " + strconv.Quote(c.values[0])
	}
	quoted := make([]string, len(c.values))
	for i, v := range c.values {
		quoted[i] = strconv.Quote(v)
	}
	return c.selector.String() + " " + words + " [" + strings.Join(quoted, ", ") + "]"
}

// comparison reads a leaf of either order: selector first or value first.
func (p *parser) comparison() (node, error) {
	at := p.peek().at
	if p.valueFirst() {
		return p.membership(at)
	}
	s, err := p.selector()
	if err != nil {
		return nil, err
	}
	c := &comparison{selector: s}
	t := p.peek()
	if err := p.operator(c); err != nil {
		return nil, err
	}
	return c, p.finish(c, at, t.at)
}

// valueFirst reports whether here stands a value with "in" or "not in" a selector.
// A bare word before "in [" is a selector.
func (p *parser) valueFirst() bool {
	switch p.peek().kind {
	case tokenQuoted:
		return true
	case tokenWord:
		return p.ahead(1, "in") && !p.ahead(1, "in", "[") || p.ahead(1, "not", "in") && !p.ahead(1, "not", "in", "[")
	}
	return false
}

// membership reads: value ["not"] "in" selector.
func (p *parser) membership(at int) (node, error) {
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	c := &comparison{op: opContains, values: []string{v}}
	t := p.peek()
	c.negated = p.accept("not", "in")
	if !c.negated && !p.accept("in") {
		return nil, bad(t.at, `%s after a value: want "in" or "not in" and a selector (selectors are not quoted)`, t.describe())
	}
	if c.selector, err = p.selector(); err != nil {
		return nil, err
	}
	return c, p.finish(c, at, t.at)
}

// orders are the operators written as marks; "!=" is a negated "==".
var orders = map[string]operator{"==": opIn, "!=": opIn, "<": opLess, "<=": opAtMost, ">": opMore, ">=": opAtLeast}

// operator reads what follows a selector into c.
func (p *parser) operator(c *comparison) (err error) {
	t := p.peek()
	if op, ok := orders[t.text]; ok && t.kind == tokenMark {
		p.next++
		c.op, c.negated = op, t.text == "!="
		return p.one(c)
	}
	c.negated = p.accept("is", "empty")
	if c.negated || p.accept("is", "not", "empty") {
		c.op = opFilled
		return nil
	}
	c.negated = p.accept("not")
	switch {
	case p.accept("contains"):
		c.op = opContains
		return p.one(c)
	case p.accept("matches"):
		c.op = opMatches
		return p.one(c)
	case p.accept("in"):
		c.op = opIn
		if b := p.peek(); !p.ahead(0, "[") {
			return bad(b.at, `%s: want a list such as ["a", "b"]`, b.describe())
		}
		c.values, err = p.list()
		return err
	}
	t = p.peek()
	return bad(t.at, "%s after a selector: want one of %s", t.describe(), operators)
}

// one reads the single value of an operator.
func (p *parser) one(c *comparison) error {
	v, err := p.value()
	c.values = []string{v}
	return err
}

// finish checks the whole comparison and builds its test. from and operator are
// the bytes at which the comparison and its operator begin.
func (p *parser) finish(c *comparison, from, operator int) error {
	if err := p.count(max(1, len(c.values)), from); err != nil {
		return err
	}
	if c.selector.shape() == shapeMap && c.op != opContains && c.op != opFilled {
		return bad(operator, `%s is a map: want contains, in, is empty, or one key of it such as %s.key`, c.selector, c.selector)
	}
	slices.Sort(c.values)
	c.values = slices.Compact(c.values)
	var err error
	c.test, err = p.test(c)
	return err
}

// test returns what c asks of each single value.
func (p *parser) test(c *comparison) (func(string) bool, error) {
	if c.op == opFilled {
		return func(s string) bool { return s != "" }, nil
	}
	want := c.values[0]
	switch c.op {
	case opMatches:
		return p.pattern(want, p.tokens[p.next-1].at)
	case opLess:
		return func(s string) bool { return order(s, want) < 0 }, nil
	case opAtMost:
		return func(s string) bool { return order(s, want) <= 0 }, nil
	case opMore:
		return func(s string) bool { return order(s, want) > 0 }, nil
	case opAtLeast:
		return func(s string) bool { return order(s, want) >= 0 }, nil
	}
	if c.op == opContains && c.selector.shape() == shapeField {
		return func(s string) bool { return strings.Contains(s, want) }, nil
	}
	if len(c.values) == 1 {
		return func(s string) bool { return s == want }, nil
	}
	values := c.values
	return func(s string) bool { return slices.Contains(values, s) }, nil
}
