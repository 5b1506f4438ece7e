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
	var words []string
	eachText(r, func(text string, _ uint64) {
		words = append(words, Words(text)...)
	})
	slices.Sort(words)
	return slices.Compact(words)
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
