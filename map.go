package roster

import (
	"bytes"
	"encoding/json"
	"iter"
	"slices"
	"strings"
)

// Pair is one entry of a Map.
type Pair struct{ Key, Value string }

// Map is a small string map kept as a slice sorted by key: the same walk on every
// replica, and a fraction of a Go map's memory. In JSON it is an object, {} when
// empty. Build one with MapOf or by decoding JSON; a Map is immutable.
type Map []Pair

// MapOf returns m as a Map.
func MapOf(m map[string]string) Map {
	out := make(Map, 0, len(m))
	for k, v := range m {
		out = append(out, Pair{k, v})
	}
	slices.SortFunc(out, func(a, b Pair) int { return strings.Compare(a.Key, b.Key) })
	return out
}

// Get returns the value under key.
func (m Map) Get(key string) (string, bool) {
	i, ok := slices.BinarySearchFunc(m, key, func(p Pair, k string) int { return strings.Compare(p.Key, k) })
	if !ok {
		return "", false
	}
	return m[i].Value, true
}

// All walks the entries in key order.
func (m Map) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, p := range m {
			if !yield(p.Key, p.Value) {
				return
			}
		}
	}
}

// With returns a copy of m in which the entries of set are added or replaced and
// the keys of remove are gone.
func (m Map) With(set Map, remove []string) Map {
	out := make(Map, 0, len(m)+len(set))
	for _, p := range m {
		if _, replaced := set.Get(p.Key); !replaced && !slices.Contains(remove, p.Key) {
			out = append(out, p)
		}
	}
	out = append(out, set...)
	slices.SortFunc(out, func(a, b Pair) int { return strings.Compare(a.Key, b.Key) })
	return out
}

// Sorted reports whether the keys strictly grow, as every function here needs.
func (m Map) Sorted() bool {
	for i := 1; i < len(m); i++ {
		if m[i-1].Key >= m[i].Key {
			return false
		}
	}
	return true
}

// MarshalJSON writes an object with its keys in order.
func (m Map) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, p := range m {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(p.Key)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(p.Value)
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// UnmarshalJSON reads an object of strings; null is the empty map.
func (m *Map) UnmarshalJSON(data []byte) error {
	var plain map[string]string
	if err := json.Unmarshal(data, &plain); err != nil {
		return err
	}
	*m = MapOf(plain)
	return nil
}

// size counts the bytes of keys and values.
func (m Map) size() int {
	n := 0
	for _, p := range m {
		n += len(p.Key) + len(p.Value)
	}
	return n
}
