package query

import (
	"roster"
	"slices"
	"unicode/utf8"
)

// depthMax bounds how deep parentheses and "not" nest, and so the stack.
const depthMax = 32

// keywords cannot be bare values.
var keywords = []string{"and", "or", "not", "in", "is", "empty", "contains", "matches"}

// parser walks the tokens of one filter and counts what the limits bound.
type parser struct {
	tokens []token
	next   int
	terms  int // comparisons so far, each value of a list counted
	depth  int
	steps  int // what the patterns so far compile to
}

// parse reads a filter that is not empty.
func parse(source string) (node, error) {
	if len(source) > roster.FilterBytesMax {
		return nil, bad(roster.FilterBytesMax, "%d bytes; at most %d", len(source), roster.FilterBytesMax)
	}
	if at := invalidUTF8(source); at >= 0 {
		return nil, bad(at, "not valid UTF-8")
	}
	tokens, err := lex(source)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != tokenEnd {
		return nil, bad(t.at, `%s after a complete comparison: want "and", "or" or the end`, t.describe())
	}
	return n, nil
}

// invalidUTF8 returns the first byte that is not UTF-8, or -1.
func invalidUTF8(s string) int {
	for i, r := range s {
		if _, n := utf8.DecodeRuneInString(s[i:]); r == utf8.RuneError && n == 1 {
			return i
		}
	}
	return -1
}

func (p *parser) peek() token { return p.tokens[p.next] }

// take returns the next token and steps over it; the end stays.
func (p *parser) take() token {
	t := p.peek()
	if t.kind != tokenEnd {
		p.next++
	}
	return t
}

// accept steps over the next tokens if they are these words or marks.
func (p *parser) accept(texts ...string) bool {
	if !p.ahead(0, texts...) {
		return false
	}
	p.next += len(texts)
	return true
}

// ahead reports whether these words or marks stand skip tokens from here.
func (p *parser) ahead(skip int, texts ...string) bool {
	from := p.next + skip
	if from+len(texts) > len(p.tokens) {
		return false
	}
	for i, text := range texts {
		if t := p.tokens[from+i]; t.text != text || t.kind == tokenQuoted {
			return false
		}
	}
	return true
}

func (p *parser) or() (node, error) {
	operands, err := p.chain("or", p.and)
	if err != nil {
		return nil, err
	}
	return newSome(operands), nil
}

func (p *parser) and() (node, error) {
	operands, err := p.chain("and", p.unary)
	if err != nil {
		return nil, err
	}
	return newAll(operands), nil
}

// chain reads operands that one keyword joins.
func (p *parser) chain(keyword string, operand func() (node, error)) ([]node, error) {
	var nodes []node
	for {
		n, err := operand()
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
		if !p.accept(keyword) {
			return nodes, nil
		}
	}
}

// unary reads a "not", a parenthesis or a comparison.
func (p *parser) unary() (node, error) {
	open := p.peek()
	if !p.ahead(0, "not") && !p.ahead(0, "(") {
		return p.comparison()
	}
	if p.depth++; p.depth > depthMax {
		return nil, bad(open.at, "nested deeper than %d", depthMax)
	}
	defer func() { p.depth-- }()
	if p.accept("not") {
		n, err := p.unary()
		return not{n}, err
	}
	p.accept("(")
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if t := p.peek(); !p.accept(")") {
		return nil, bad(t.at, `%s: want "and", "or" or the ")" of the "(" at byte %d`, t.describe(), open.at+1)
	}
	return n, nil
}

// selector reads a name with its brackets.
func (p *parser) selector() (selector, error) {
	t := p.take()
	if t.kind != tokenWord || slices.Contains(keywords, t.text) {
		return selector{}, bad(t.at, "%s: want a selector such as status or labels.tier", t.describe())
	}
	path := []string{t.text}
	for p.accept("[") {
		key, err := p.value()
		if err != nil {
			return selector{}, err
		}
		if t := p.peek(); !p.accept("]") {
			return selector{}, bad(t.at, `%s: want "]" after the key`, t.describe())
		}
		path = append(path, key)
	}
	return resolve(path, t.at)
}

// value reads one quoted or bare value.
func (p *parser) value() (string, error) {
	t := p.peek()
	bare := t.kind == tokenWord && !slices.Contains(keywords, t.text)
	if !bare && t.kind != tokenQuoted {
		return "", bad(t.at, "%s: want a value (quoted, if it is a word of the language)", t.describe())
	}
	p.next++
	return t.text, nil
}

// list reads "[" value { "," value } "]"; the bracket is known to be there.
func (p *parser) list() ([]string, error) {
	p.accept("[")
	var values []string
	for {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		values = append(values, v)
		t := p.peek()
		switch {
		case p.accept("]"):
			return values, nil
		case !p.accept(","):
			return nil, bad(t.at, `%s: want "," or "]" in a list of values`, t.describe())
		}
	}
}

// count adds n comparisons to those of the filter.
func (p *parser) count(n, at int) error {
	if p.terms += n; p.terms > roster.FilterTermsMax {
		return bad(at, "more than %d comparisons", roster.FilterTermsMax)
	}
	return nil
}

// operators is what may follow a selector, for messages.
const operators = "==, !=, <, <=, >, >=, in, not in, contains, not contains, matches, not matches, is empty, is not empty"
