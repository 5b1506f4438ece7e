package wire

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"roster"
)

// DepthMax is how many arrays and objects may stand in one another.
const DepthMax = 32

// linearKeysMax is how many keys of an object are compared one by one before a set
// is made: nearly all objects are small, and a set costs more than they do.
const linearKeysMax = 16

// Parse checks the whole of doc and returns its one value.
func Parse(doc []byte) (Value, error) {
	if bytes.HasPrefix(doc, []byte("\xef\xbb\xbf")) {
		return Value{}, fault(0, "the body begins with a byte order mark; send plain UTF-8")
	}
	if at := invalidUTF8(doc); at >= 0 {
		return Value{}, fault(at, "not valid UTF-8")
	}
	s := scanner{doc: doc}
	s.space()
	if s.at == len(doc) {
		return Value{}, fault(s.at, "the body is empty; want JSON")
	}
	start := s.at
	if err := s.value(0); err != nil {
		return Value{}, err
	}
	end := s.at
	if s.space(); s.at < len(doc) {
		return Value{}, fault(s.at, "more follows after the JSON value")
	}
	return Value{doc: doc, text: string(doc), at: start, end: end}, nil
}

// fault returns an Invalid error at a byte, counted from 0.
func fault(at int, format string, args ...any) *roster.Error {
	err := roster.Invalid("", format, args...)
	err.Position = at + 1
	return err
}

func invalidUTF8(doc []byte) int {
	if utf8.Valid(doc) {
		return -1
	}
	for at := 0; ; {
		r, size := utf8.DecodeRune(doc[at:])
		if r == utf8.RuneError && size <= 1 {
			return at
		}
		at += size
	}
}

// scanner checks syntax. It keeps the keys of all open objects in one stack, so
// that a well-formed body costs few allocations.
type scanner struct {
	doc  []byte
	at   int
	keys [][]byte
}

func (s *scanner) space() {
	for s.at < len(s.doc) {
		switch s.doc[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

// peek returns the next byte, or 0 at the end: no valid JSON holds a bare 0.
func (s *scanner) peek() byte {
	if s.at < len(s.doc) {
		return s.doc[s.at]
	}
	return 0
}

func (s *scanner) value(depth int) *roster.Error {
	if depth > DepthMax {
		return fault(s.at, "more than %d levels deep", DepthMax)
	}
	switch c := s.peek(); {
	case c == '{':
		return s.object(depth)
	case c == '[':
		return s.array(depth)
	case c == '"':
		return s.text()
	case c == '-' || (c >= '0' && c <= '9'):
		return s.number()
	}
	for _, word := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(s.doc[s.at:], []byte(word)) {
			s.at += len(word)
			return nil
		}
	}
	return s.unexpected("a JSON value")
}

func (s *scanner) unexpected(want string) *roster.Error {
	if s.at >= len(s.doc) {
		return fault(s.at, "the JSON ends too early: want %s", want)
	}
	r, _ := utf8.DecodeRune(s.doc[s.at:])
	return fault(s.at, "want %s, not %q", want, r)
}

func (s *scanner) object(depth int) *roster.Error {
	base := len(s.keys)
	var seen map[string]bool
	defer func() { s.keys = s.keys[:base] }()
	s.at++
	for first := true; ; first = false {
		s.space()
		if first && s.peek() == '}' {
			s.at++
			return nil
		}
		start := s.at
		key, err := s.key()
		if err != nil {
			return err
		}
		if seen == nil && len(s.keys)-base >= linearKeysMax {
			seen = setOf(s.keys[base:])
		}
		if seen[string(key)] || (seen == nil && contains(s.keys[base:], key)) {
			return within(string(key), fault(start, "the key is there twice"))
		}
		if seen != nil {
			seen[string(key)] = true
		} else {
			s.keys = append(s.keys, key)
		}
		if err := s.value(depth + 1); err != nil {
			return within(string(key), err)
		}
		if done, err := s.next('}'); done || err != nil {
			return err
		}
	}
}

func contains(keys [][]byte, key []byte) bool {
	return slices.ContainsFunc(keys, func(k []byte) bool { return bytes.Equal(k, key) })
}

func setOf(keys [][]byte) map[string]bool {
	set := make(map[string]bool, 4*len(keys))
	for _, k := range keys {
		set[string(k)] = true
	}
	return set
}

// key reads a key and its colon. The key may be part of the body.
func (s *scanner) key() ([]byte, *roster.Error) {
	if s.peek() != '"' {
		return nil, s.unexpected("a key in double quotes")
	}
	start := s.at
	if err := s.text(); err != nil {
		return nil, err
	}
	key := unquote(s.doc[start:s.at])
	if s.space(); s.peek() != ':' {
		return nil, s.unexpected("a colon")
	}
	s.at++
	s.space()
	return key, nil
}

func (s *scanner) array(depth int) *roster.Error {
	s.at++
	for i := 0; ; i++ {
		s.space()
		if i == 0 && s.peek() == ']' {
			s.at++
			return nil
		}
		if err := s.value(depth + 1); err != nil {
			return item(i, err)
		}
		if done, err := s.next(']'); done || err != nil {
			return err
		}
	}
}

// next reads a comma, or the closing byte and reports done.
func (s *scanner) next(closing byte) (done bool, err *roster.Error) {
	s.space()
	switch s.peek() {
	case ',':
		s.at++
		return false, nil
	case closing:
		s.at++
		return true, nil
	}
	return false, s.unexpected("a comma or " + string(rune(closing)))
}

func (s *scanner) number() *roster.Error {
	if s.peek() == '-' {
		s.at++
	}
	if s.peek() == '0' {
		s.at++
	} else if !s.digits() {
		return s.unexpected("a digit")
	}
	if s.peek() == '.' {
		s.at++
		if !s.digits() {
			return s.unexpected("a digit")
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.at++
		if c := s.peek(); c == '+' || c == '-' {
			s.at++
		}
		if !s.digits() {
			return s.unexpected("a digit")
		}
	}
	return nil
}

func (s *scanner) digits() bool {
	start := s.at
	for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
		s.at++
	}
	return s.at > start
}
