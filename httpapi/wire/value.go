package wire

import (
	"errors"
	"math"
	"strconv"

	"roster"
)

// Value is one value of a checked body. Its functions look at the bytes anew. The
// strings that they return are parts of one copy of the body.
type Value struct {
	doc     []byte
	text    string // the same
	at, end int
}

// Raw returns the bytes of the value; they are part of the body.
func (v Value) Raw() []byte { return v.doc[v.at:v.end] }

// IsNull reports whether the value is null.
func (v Value) IsNull() bool { return v.doc[v.at] == 'n' }

// Text returns a string.
func (v Value) Text() (string, error) {
	if v.doc[v.at] != '"' {
		return "", v.wrong("a string")
	}
	return v.unquoted(), nil
}

// unquoted returns what a string says.
func (v Value) unquoted() string {
	said := unquote(v.Raw())
	if len(said) == v.end-v.at-2 { // nothing is escaped, for an escape is longer than what it says
		return v.text[v.at+1 : v.end-1]
	}
	return string(said)
}

// Count returns a whole number from 0 to the largest int64.
func (v Value) Count() (uint64, error) {
	n, err := strconv.ParseUint(string(v.Raw()), 10, 64)
	if err != nil || n > math.MaxInt64 {
		return 0, v.wrong("a whole number from 0 to 9223372036854775807")
	}
	return n, nil
}

// Flag returns true or false.
func (v Value) Flag() (bool, error) {
	switch v.doc[v.at] {
	case 't':
		return true, nil
	case 'f':
		return false, nil
	}
	return false, v.wrong("true or false")
}

// Object hands each member to member, in the order of the body, until it returns an
// error, which comes back with the member's name in its field.
func (v Value) Object(member func(name string, v Value) error) error {
	if v.doc[v.at] != '{' {
		return v.wrong("an object")
	}
	s := scanner{doc: v.doc, at: v.at + 1}
	for s.gap(); s.doc[s.at] != '}'; s.gap() {
		name := v.part(&s)
		s.gap()
		value := v.part(&s)
		key := name.unquoted()
		if err := member(key, value); err != nil {
			return value.located(err, func(e *roster.Error) *roster.Error { return within(key, e) })
		}
	}
	return nil
}

// Array hands each element to element, until it returns an error, which comes back
// with the element's number in its field. More than max elements are refused.
func (v Value) Array(max int, element func(i int, v Value) error) error {
	if v.doc[v.at] != '[' {
		return v.wrong("an array")
	}
	s := scanner{doc: v.doc, at: v.at + 1}
	i := 0
	for s.gap(); s.doc[s.at] != ']'; s.gap() {
		value := v.part(&s)
		if i == max {
			return fault(value.at, "more than %d elements", max)
		}
		if err := element(i, value); err != nil {
			return value.located(err, func(e *roster.Error) *roster.Error { return item(i, e) })
		}
		i++
	}
	return nil
}

// Unknown returns the error for a member that the API does not know; known says
// which there are. Object adds the name.
func (v Value) Unknown(known string) error { return fault(v.at, "unknown field; want %s", known) }

// located puts a place on an error that came from inside the value.
func (v Value) located(err error, place func(*roster.Error) *roster.Error) error {
	e, ok := errors.AsType[*roster.Error](err)
	if !ok {
		return err
	}
	located := *e
	if located.Position == 0 {
		located.Position = v.at + 1
	}
	return place(&located)
}

// wrong says that the value is of another type than want.
func (v Value) wrong(want string) error {
	return fault(v.at, "want %s, not %s", want, v.kind())
}

func (v Value) kind() string {
	switch c := v.doc[v.at]; c {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f', 'n':
		return string(v.Raw())
	}
	number := v.Raw()
	return "the number " + string(number[:min(len(number), 32)])
}

// gap skips what stands between the values of a checked body.
func (s *scanner) gap() {
	for {
		switch s.doc[s.at] {
		case ' ', '\t', '\r', '\n', ',', ':':
			s.at++
		default:
			return
		}
	}
}

// part returns the value at the scanner, which walks through v, and moves behind it.
func (v Value) part(s *scanner) Value {
	start := s.at
	s.skip()
	return Value{doc: v.doc, text: v.text, at: start, end: s.at}
}

// skip moves behind the value at the scanner, in a checked body.
func (s *scanner) skip() {
	for depth := 0; ; {
		switch s.doc[s.at] {
		case '{', '[':
			depth++
			s.at++
		case '}', ']':
			depth--
			s.at++
		case '"':
			s.skipText()
		case ' ', '\t', '\r', '\n', ',', ':':
			s.at++
		default:
			s.skipWord()
		}
		if depth == 0 {
			return
		}
	}
}

func (s *scanner) skipText() {
	for s.at++; s.doc[s.at] != '"'; s.at++ {
		if s.doc[s.at] == '\\' {
			s.at++
		}
	}
	s.at++
}

// skipWord moves behind a number, true, false or null.
func (s *scanner) skipWord() {
	for s.at < len(s.doc) {
		switch s.doc[s.at] {
		case ' ', '\t', '\r', '\n', ',', ':', '}', ']':
			return
		}
		s.at++
	}
}
