package query

import (
	"roster"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenQuoted
	tokenMark // an operator or a bracket
)

// token is one piece of a filter; at is its first byte, from 0.
type token struct {
	kind tokenKind
	text string // unquoted
	at   int
}

// describe names the token in an error message.
func (t token) describe() string {
	if t.kind == tokenEnd {
		return "the end"
	}
	return excerpt(t.text)
}

// excerpt quotes s, cut to a length fit for a message.
func excerpt(s string) string {
	const bytesMax = 64
	if len(s) > bytesMax {
		s = s[:bytesMax] + "…"
	}
	return strconv.Quote(s)
}

// bad returns the Invalid error for the byte at (from 0) of a filter.
func bad(at int, format string, args ...any) error {
	e := roster.Invalid("filter", format, args...)
	e.Position = at + 1
	return e
}

// lex cuts a filter into tokens, the last of which is a tokenEnd.
func lex(source string) ([]token, error) {
	var tokens []token
	for at := 0; ; {
		at += len(source[at:]) - len(strings.TrimLeft(source[at:], " \t\r\n"))
		if at == len(source) {
			return append(tokens, token{kind: tokenEnd, at: at}), nil
		}
		t, length, err := lexOne(source, at)
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t)
		at += length
	}
}

// lexOne reads the token that begins at at, and says how many bytes it takes.
func lexOne(source string, at int) (token, int, error) {
	switch rest := source[at:]; rest[0] {
	case '"':
		return lexQuoted(rest, at)
	case '`':
		return lexRaw(rest, at)
	default:
		if n := wordLength(rest); n > 0 {
			return token{tokenWord, rest[:n], at}, n, nil
		}
		return lexMark(rest, at)
	}
}

func lexQuoted(rest string, at int) (token, int, error) {
	for i := 1; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case '"':
			text, err := strconv.Unquote(rest[:i+1])
			if err != nil {
				return token{}, 0, bad(at, "a string with an escape or line break that Go does not know: want \\\" \\\\ \\n …, or `…` for text as it is")
			}
			return token{tokenQuoted, text, at}, i + 1, nil
		}
	}
	return token{}, 0, bad(at, `a string without its closing "`)
}

func lexRaw(rest string, at int) (token, int, error) {
	end := strings.IndexByte(rest[1:], '`')
	if end < 0 {
		return token{}, 0, bad(at, "a string without its closing `")
	}
	return token{tokenQuoted, rest[1 : end+1], at}, end + 2, nil
}

// wordLength returns how many bytes at the front of s form a bare word.
func wordLength(s string) int {
	n := strings.IndexFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !strings.ContainsRune("_-./:@~+", r)
	})
	if n < 0 {
		return len(s)
	}
	return n
}

// marks lists the operators and brackets, longer ones first.
var marks = []string{"==", "!=", "<=", ">=", "<", ">", "(", ")", "[", "]", ","}

func lexMark(rest string, at int) (token, int, error) {
	for _, m := range marks {
		if strings.HasPrefix(rest, m) {
			return token{tokenMark, m, at}, len(m), nil
		}
	}
	r, _ := utf8.DecodeRuneInString(rest)
	if r == '=' {
		return token{}, 0, bad(at, `a single "=": want "==" to compare`)
	}
	return token{}, 0, bad(at, "unexpected character %q: want a selector, a value, an operator or a bracket; values with such characters stand in quotes", r)
}
