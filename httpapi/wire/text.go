package wire

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"roster"
)

// text checks a string and leaves the scanner behind it.
func (s *scanner) text() *roster.Error {
	s.at++
	for s.at < len(s.doc) {
		switch c := s.doc[s.at]; {
		case c == '"':
			s.at++
			return nil
		case c < 0x20:
			return fault(s.at, "a control character in a string; write it as \\u%04x", c)
		case c == '\\':
			if err := s.escape(); err != nil {
				return err
			}
		default:
			s.at++
		}
	}
	return fault(s.at, "the JSON ends inside a string")
}

// escape checks one escape. A surrogate must be one half of a pair: alone it is no
// character, and decoders would put another in its place.
func (s *scanner) escape() *roster.Error {
	start := s.at
	s.at++
	c := s.peek()
	if c != 'u' {
		if strings.IndexByte(`"\/bfnrt`, c) < 0 {
			return fault(start, "not an escape that JSON knows")
		}
		s.at++
		return nil
	}
	first, ok := hex4(s.doc, s.at+1)
	if !ok {
		return fault(start, "want four hex digits after \\u")
	}
	s.at += 5
	if !utf16.IsSurrogate(first) {
		return nil
	}
	second, ok := lowSurrogate(s.doc, s.at)
	if !ok || utf16.DecodeRune(first, second) == utf8.RuneError {
		return fault(start, "half of a surrogate pair")
	}
	s.at += 6
	return nil
}

// lowSurrogate reads "\uXXXX" at at.
func lowSurrogate(doc []byte, at int) (rune, bool) {
	if at+1 >= len(doc) || doc[at] != '\\' || doc[at+1] != 'u' {
		return 0, false
	}
	return hex4(doc, at+2)
}

func hex4(doc []byte, at int) (rune, bool) {
	if at+4 > len(doc) {
		return 0, false
	}
	var r rune
	for _, c := range doc[at : at+4] {
		d := strings.IndexByte("0123456789abcdef", c|0x20)
		if c < '0' || d < 0 {
			return 0, false
		}
		r = r<<4 | rune(d)
	}
	return r, true
}

// unquote returns what a checked string says; part of the string itself, where nothing
// in it is escaped.
func unquote(quoted []byte) []byte {
	body := quoted[1 : len(quoted)-1]
	plain := bytes.IndexByte(body, '\\')
	if plain < 0 {
		return body
	}
	out := append(make([]byte, 0, len(body)), body[:plain]...)
	for at := plain; at < len(body); {
		if body[at] != '\\' {
			out = append(out, body[at])
			at++
			continue
		}
		r, size := unescape(body, at)
		out = utf8.AppendRune(out, r)
		at += size
	}
	return out
}

// unescape returns the character of a checked escape and how many bytes it took.
func unescape(body []byte, at int) (rune, int) {
	switch c := body[at+1]; c {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		r, _ := hex4(body, at+2)
		if utf16.IsSurrogate(r) {
			low, _ := hex4(body, at+8)
			return utf16.DecodeRune(r, low), 12
		}
		return r, 6
	default:
		return rune(c), 2
	}
}

// fieldMax is where the field of an error is cut: it comes from the body.
const fieldMax = 128

// within says that err happened in the field name.
func within(name string, err *roster.Error) *roster.Error {
	switch {
	case err.Field == "":
		err.Field = name
	case err.Field[0] == '[':
		err.Field = name + err.Field
	default:
		err.Field = name + "." + err.Field
	}
	if len(err.Field) > fieldMax {
		err.Field = strings.ToValidUTF8(err.Field[:fieldMax], "") + "…"
	}
	return err
}

// item says that err happened in element i of an array.
func item(i int, err *roster.Error) *roster.Error {
	return within("["+strconv.Itoa(i)+"]", err)
}
