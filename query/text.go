package query

import (
	"roster"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The fields of the text search weigh by how surely a word there says what the
// agent is. A whole word counts exactTimes as much as the beginning of one.
const (
	weightID          = 8
	weightCapability  = 6
	weightLabel       = 3
	weightDescription = 2
	exactTimes        = 3
)

// Words splits text into lower-cased words at everything but letters and digits,
// in order and with repetitions. The text index must use it too.
func Words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !isWordRune(r) })
}

// RecordWords returns the words under which a text index must hold r, sorted and
// unique.
func RecordWords(r *roster.Record) []string {
	words := AppendRecordWords(nil, r)
	slices.Sort(words)
	return slices.Compact(words)
}

// AppendRecordWords appends the words of RecordWords to dst as they come, repetitions
// included. They may share memory with r. Words of lower-case ASCII cost no allocation.
func AppendRecordWords(dst []string, r *roster.Record) []string {
	dst = appendWords(dst, string(r.ID))
	for i := range r.Capabilities {
		dst = appendWords(dst, r.Capabilities[i].Name)
	}
	for i := range r.Labels {
		dst = appendWords(dst, r.Labels[i].Value)
	}
	return appendWords(dst, r.Description)
}

// SameWords reports whether two records surely have the same words; it may say no to
// two that do.
func SameWords(a, b *roster.Record) bool {
	return a.ID == b.ID && a.Description == b.Description && slices.Equal(a.Labels, b.Labels) &&
		slices.EqualFunc(a.Capabilities, b.Capabilities, func(x, y roster.Capability) bool { return x.Name == y.Name })
}

// appendWords appends what Words returns. Text of ASCII, which is nearly all of it, is
// cut in place.
func appendWords(dst []string, text string) []string {
	count := len(dst)
	start, upper := -1, false
	for i := range len(text) {
		c := text[i]
		switch {
		case c >= utf8.RuneSelf:
			return append(dst[:count], Words(text)...)
		case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
		case 'A' <= c && c <= 'Z':
			upper = true
		default:
			dst = appendWord(dst, text, start, i, upper)
			start, upper = -1, false
			continue
		}
		if start < 0 {
			start = i
		}
	}
	return appendWord(dst, text, start, len(text), upper)
}

// appendWord appends text from start, unless no word began.
func appendWord(dst []string, text string, start, end int, upper bool) []string {
	switch {
	case start < 0:
		return dst
	case upper:
		return append(dst, strings.ToLower(text[start:end]))
	}
	return append(dst, text[start:end])
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// eachText calls f for every text that the search covers, with its weight.
func eachText(r *roster.Record, f func(text string, weight uint64)) {
	f(string(r.ID), weightID)
	for i := range r.Capabilities {
		f(r.Capabilities[i].Name, weightCapability)
	}
	for i := range r.Labels {
		f(r.Labels[i].Value, weightLabel)
	}
	f(r.Description, weightDescription)
}

// closeness says how well a word is met.
type closeness uint64

const (
	absent closeness = 0
	prefix closeness = 1
	exact  closeness = exactTimes
)

// Score returns how well r meets the words: for each word and each of id,
// capabilities, labels and description, the field's weight times 3 where the whole
// word stands, times 1 where a word begins with it. It is 0 exactly when the query
// has no text or no word is there.
func (c *Compiled) Score(r *roster.Record) uint64 {
	var score uint64
	for _, word := range c.words {
		score += scoreOf(r, word)
	}
	return score
}

// scoreOf counts each weight once, with the best text that has it.
func scoreOf(r *roster.Record, word string) uint64 {
	var best [weightID + 1]closeness
	eachText(r, func(text string, weight uint64) {
		if best[weight] < exact {
			best[weight] = max(best[weight], meets(text, word))
		}
	})
	var score uint64
	for weight, b := range best {
		score += uint64(weight) * uint64(b)
	}
	return score
}

// hasWords reports whether every word begins some word of r.
func (c *Compiled) hasWords(r *roster.Record) bool {
	for _, word := range c.words {
		if !hasWord(r, word) {
			return false
		}
	}
	return true
}

func hasWord(r *roster.Record, word string) bool {
	found := false
	eachText(r, func(text string, _ uint64) {
		found = found || meets(text, word) != absent
	})
	return found
}

// meets returns how well any word of text meets word, which is lower case. It
// walks text in place: splitting would allocate for every record of a scan.
func meets(text, word string) closeness {
	best := absent
	inWord := false
	for i, r := range text {
		starts := !inWord && isWordRune(r)
		inWord = isWordRune(r)
		if !starts {
			continue
		}
		switch at(text[i:], word) {
		case exact:
			return exact
		case prefix:
			best = prefix
		}
	}
	return best
}

// at compares word with the front of text.
func at(text, word string) closeness {
	for _, want := range word {
		r, n := utf8.DecodeRuneInString(text)
		if n == 0 || unicode.ToLower(r) != want {
			return absent
		}
		text = text[n:]
	}
	if r, n := utf8.DecodeRuneInString(text); n > 0 && isWordRune(r) {
		return prefix
	}
	return exact
}
