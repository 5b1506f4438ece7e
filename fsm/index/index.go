package index

import (
	"slices"
	"strings"

	"github.com/tidwall/btree"

	"roster"
	"roster/query"
)

// Index is the set of lists. Make one with New.
type Index struct {
	terms map[query.Field]map[string]set
	words *btree.Map[string, set]
	hot   [hotWords]hotWord
	key   []byte   // what a term is looked up with, so that none is made for it
	said  []string // the words of a record
}

// hotWords is how many words are found without a walk through the tree of words; a
// power of two.
const hotWords = 4096

// hotWord is a word with a list, at the place that its hash names.
type hotWord struct {
	word string
	list *list
}

// New returns an empty index.
func New() *Index {
	x := &Index{terms: make(map[query.Field]map[string]set), words: btree.NewMap[string, set](0)}
	for _, f := range query.Fields {
		x.terms[f] = make(map[string]set)
	}
	return x
}

// singles lists the fields with one key, of which all but the namespace change while an
// agent says the same of itself.
var singles = []query.Field{query.FieldNamespace, query.FieldStatus, query.FieldHealth, query.FieldNode}

// Replace changes the lists from one record of an agent to the next, where at is the
// agent's ordinal: old is nil for a new agent, r for a removed one. Lists in which both
// stand are not touched.
func (x *Index) Replace(at uint32, old, r *roster.Record) {
	for _, f := range singles {
		x.single(f, at, old, r)
	}
	switch {
	case old == nil:
		x.enter(at, r)
	case r == nil:
		x.leave(at, old)
	default:
		x.change(at, old, r)
	}
}

// ReplaceLived is Replace where the agent says the same of itself.
func (x *Index) ReplaceLived(at uint32, old, r *roster.Record) {
	for _, f := range singles[1:] {
		x.single(f, at, old, r)
	}
}

// single moves an agent from one key of a field to another.
func (x *Index) single(f query.Field, at uint32, old, r *roster.Record) {
	var was, is string
	if old != nil {
		was = f.Key(old)
	}
	if r != nil {
		is = f.Key(r)
	}
	if old != nil && r != nil && was == is {
		return
	}
	none := func(key string) bool { return f == query.FieldNode && key == "" }
	if old != nil && !none(was) {
		x.take(x.terms[f], append(x.key[:0], was...), at)
	}
	if r != nil && !none(is) {
		x.put(x.terms[f], append(x.key[:0], is...), at)
	}
}

// enter adds a new agent under its capabilities, labels and words. To add twice is to
// add once, so that nothing need be sorted.
func (x *Index) enter(at uint32, r *roster.Record) {
	for i := range r.Capabilities {
		x.put(x.terms[query.FieldCapability], append(x.key[:0], r.Capabilities[i].Name...), at)
	}
	for i := range r.Labels {
		x.put(x.terms[query.FieldLabel], x.labelKey(r.Labels[i]), at)
	}
	x.said = query.AppendRecordWords(x.said[:0], r)
	for _, w := range x.said {
		x.putWord(w, at)
	}
	clear(x.said) // they share memory with r
}

// leave is the opposite of enter.
func (x *Index) leave(at uint32, old *roster.Record) {
	for i := range old.Capabilities {
		x.take(x.terms[query.FieldCapability], append(x.key[:0], old.Capabilities[i].Name...), at)
	}
	for i := range old.Labels {
		x.take(x.terms[query.FieldLabel], x.labelKey(old.Labels[i]), at)
	}
	x.said = query.AppendRecordWords(x.said[:0], old)
	for _, w := range x.said {
		x.takeWord(w, at)
	}
	clear(x.said)
}

// change moves an agent between lists where it says something else of itself.
func (x *Index) change(at uint32, old, r *roster.Record) {
	if query.SameWords(old, r) && slices.Equal(old.Labels, r.Labels) {
		return
	}
	for _, f := range []query.Field{query.FieldCapability, query.FieldLabel} {
		diff(keys(f, old), keys(f, r),
			func(v string) { x.take(x.terms[f], append(x.key[:0], v...), at) },
			func(v string) { x.put(x.terms[f], append(x.key[:0], v...), at) })
	}
	diff(query.RecordWords(old), query.RecordWords(r),
		func(w string) { x.takeWord(w, at) },
		func(w string) { x.putWord(w, at) })
}

func keys(f query.Field, r *roster.Record) []string {
	k := f.Keys(r)
	slices.Sort(k)
	return slices.Compact(k)
}

// diff walks two sorted lists and reports what stands in one alone.
func diff(old, now []string, removed, added func(string)) {
	for len(old) > 0 || len(now) > 0 {
		switch {
		case len(now) == 0 || len(old) > 0 && old[0] < now[0]:
			removed(old[0])
			old = old[1:]
		case len(old) == 0 || now[0] < old[0]:
			added(now[0])
			now = now[1:]
		default:
			old, now = old[1:], now[1:]
		}
	}
}

// labelKey spells query.LabelKey without making a string.
func (x *Index) labelKey(p roster.Pair) []byte {
	return append(append(append(x.key[:0], p.Key...), '='), p.Value...)
}

// put adds an agent to a term. The key becomes the buffer for the next.
func (x *Index) put(terms map[string]set, key []byte, at uint32) {
	x.key = key
	s, known := terms[string(key)]
	switch {
	case !known:
		terms[string(key)] = set{one: at}
	case s.more != nil:
		s.more.add(at)
	case s.one != at:
		terms[string(key)] = s.with(at)
	}
}

// take removes an agent from a term.
func (x *Index) take(terms map[string]set, key []byte, at uint32) {
	x.key = key
	if s, known := terms[string(key)]; known && s.without(at) {
		delete(terms, string(key))
	}
}

// with returns a list of two.
func (s set) with(at uint32) set {
	more := &list{small: []uint32{s.one}}
	more.add(at)
	return set{more: more}
}

// without removes at and reports whether the set is gone.
func (s set) without(at uint32) bool {
	if s.more != nil {
		return s.more.remove(at)
	}
	return s.one == at
}

// place returns where a word stands if it is hot: FNV-1a, cut short.
func (x *Index) place(w string) *hotWord {
	hash := uint32(2166136261)
	for i := range len(w) {
		hash = (hash ^ uint32(w[i])) * 16777619
	}
	return &x.hot[(hash^hash>>16)%hotWords]
}

func (x *Index) putWord(w string, at uint32) {
	place := x.place(w)
	if place.word == w && place.list != nil {
		place.list.add(at)
		return
	}
	s, known := x.words.Get(w)
	switch {
	case !known:
		x.words.Set(strings.Clone(w), set{one: at}) // cut from a record it would keep all of it
		return
	case s.more == nil && s.one == at:
		return
	case s.more == nil:
		s, w = s.with(at), strings.Clone(w)
		x.words.Set(w, s)
	default:
		s.more.add(at)
		w = strings.Clone(w)
	}
	*place = hotWord{w, s.more}
}

func (x *Index) takeWord(w string, at uint32) {
	place := x.place(w)
	if place.word == w && place.list != nil {
		if place.list.remove(at) {
			*place = hotWord{}
			x.words.Delete(w)
		}
		return
	}
	if s, known := x.words.Get(w); known && s.without(at) {
		x.words.Delete(w)
	}
}

// sets returns what stands under a term's values.
func (x *Index) sets(t query.Term) (found []set, size int) {
	for _, v := range t.Values {
		if s, known := x.terms[t.Field][v]; known {
			found = append(found, s)
			size += s.size()
		}
	}
	return found, size
}

// Size returns how many agents a term's lists hold; an agent in two of them counts
// twice.
func (x *Index) Size(t query.Term) int {
	_, size := x.sets(t)
	return size
}

// PrefixSize returns how many agents stand under words that begin with prefix,
// counted up to enough; an agent with two such words counts twice.
func (x *Index) PrefixSize(prefix string, enough int) int {
	n := 0
	x.prefix(prefix, func(s set) bool {
		n += s.size()
		return n < enough
	})
	return n
}

// Prefix returns the ordinals under words that begin with prefix, each once, in order.
func (x *Index) Prefix(prefix string) []uint32 {
	var sets []set
	x.prefix(prefix, func(s set) bool { sets = append(sets, s); return true })
	return union(sets)
}

// union returns what any of the sets holds, each once, in order.
func union(sets []set) (all []uint32) {
	for _, s := range sets {
		s.each(func(at uint32) bool { all = append(all, at); return true })
	}
	if len(sets) > 1 {
		slices.Sort(all)
		all = slices.Compact(all)
	}
	return all
}

func (x *Index) prefix(prefix string, yield func(set) bool) {
	x.words.Ascend(prefix, func(w string, s set) bool { return strings.HasPrefix(w, prefix) && yield(s) })
}
