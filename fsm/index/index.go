package index

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tidwall/btree"

	"roster"
	"roster/query"
)

// Index is the set of lists. Make one with New.
type Index struct {
	terms    map[key]*term
	words    *btree.Map[string, *term]
	postings *btree.BTreeG[posting]
	next     uint64 // the next term's number; never reused, so that no list mixes two
}

type key struct {
	field query.Field
	value string
}

type term struct {
	number uint64
	agents int
	hint   btree.PathHint // where its postings were last touched
}

type posting struct {
	term  uint64
	agent roster.AgentID
}

func before(a, b posting) bool {
	if a.term != b.term {
		return a.term < b.term
	}
	return a.agent < b.agent
}

// New returns an empty index.
func New() *Index {
	return &Index{
		terms:    make(map[key]*term),
		words:    btree.NewMap[string, *term](0),
		postings: btree.NewBTreeGOptions(before, btree.Options{NoLocks: true}),
	}
}

// lived lists the fields that change while an agent says the same of itself.
var lived = []query.Field{query.FieldStatus, query.FieldHealth, query.FieldNode}

// Replace changes the lists from one record of an agent to the next: old is nil for a
// new agent, r for a removed one. Lists in which both stand are not touched.
func (x *Index) Replace(old, r *roster.Record) {
	said := old == nil || r == nil || !old.SameContent(r.Agent)
	fields := query.Fields
	if !said {
		fields = lived
	}
	for _, f := range fields {
		diff(keys(f, old), keys(f, r),
			func(v string) { x.removeKey(key{f, v}, old.ID) },
			func(v string) { x.addKey(key{f, v}, r.ID) })
	}
	if !said {
		return
	}
	diff(words(old), words(r),
		func(w string) { x.removeWord(w, old.ID) },
		func(w string) { x.addWord(w, r.ID) })
}

func keys(f query.Field, r *roster.Record) []string {
	if r == nil {
		return nil
	}
	k := f.Keys(r)
	slices.Sort(k)
	return slices.Compact(k)
}

func words(r *roster.Record) []string {
	if r == nil {
		return nil
	}
	return query.RecordWords(r)
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

func (x *Index) newTerm() *term {
	x.next++
	return &term{number: x.next}
}

func (x *Index) add(t *term, id roster.AgentID) {
	t.agents++
	x.postings.SetHint(posting{t.number, id}, &t.hint)
}

// remove takes id from the list and reports whether the list is empty.
func (x *Index) remove(t *term, id roster.AgentID) bool {
	t.agents--
	x.postings.DeleteHint(posting{t.number, id}, &t.hint)
	return t.agents == 0
}

func (x *Index) addKey(k key, id roster.AgentID) {
	t := x.terms[k]
	if t == nil {
		t = x.newTerm()
		k.value = strings.Clone(k.value) // a value cut from a record would keep all of it
		x.terms[k] = t
	}
	x.add(t, id)
}

func (x *Index) removeKey(k key, id roster.AgentID) {
	if x.remove(x.terms[k], id) {
		delete(x.terms, k)
	}
}

func (x *Index) addWord(w string, id roster.AgentID) {
	t, ok := x.words.Get(w)
	if !ok {
		t = x.newTerm()
		x.words.Set(strings.Clone(w), t)
	}
	x.add(t, id)
}

func (x *Index) removeWord(w string, id roster.AgentID) {
	if t, ok := x.words.Get(w); ok && x.remove(t, id) {
		x.words.Delete(w)
	}
}

// Size returns how many agents a term's lists hold; an agent in two of them counts
// twice.
func (x *Index) Size(t query.Term) int {
	n := 0
	for _, v := range t.Values {
		if known := x.terms[key{t.Field, v}]; known != nil {
			n += known.agents
		}
	}
	return n
}

// PrefixSize returns how many agents stand under words that begin with prefix,
// counted up to enough; an agent with two such words counts twice.
func (x *Index) PrefixSize(prefix string, enough int) int {
	n := 0
	x.prefix(prefix, func(t *term) bool {
		n += t.agents
		return n < enough
	})
	return n
}

// Prefix returns the agents under words that begin with prefix, each once, in id
// order.
func (x *Index) Prefix(prefix string) []roster.AgentID {
	var ids []roster.AgentID
	lists := 0
	x.prefix(prefix, func(t *term) bool {
		lists++
		x.postings.Ascend(posting{term: t.number}, func(p posting) bool {
			if p.term != t.number {
				return false
			}
			ids = append(ids, p.agent)
			return true
		})
		return true
	})
	if lists > 1 {
		slices.SortFunc(ids, cmp.Compare)
		ids = slices.Compact(ids)
	}
	return ids
}

func (x *Index) prefix(prefix string, yield func(*term) bool) {
	x.words.Ascend(prefix, func(w string, t *term) bool { return strings.HasPrefix(w, prefix) && yield(t) })
}
