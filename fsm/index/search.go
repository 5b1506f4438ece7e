package index

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/btree"

	"roster"
	"roster/query"
)

// Mark is where a page ended. The zero Mark is the beginning.
type Mark struct {
	Seen  bool           // ID and Score are set
	ID    roster.AgentID // the last agent shown
	Score uint64         // its score, for a query with a text
}

// Row is a record and its agent's ordinal.
type Row struct {
	Record  *roster.Record
	Ordinal uint32
}

// Roll is what a search reads beside the lists.
type Roll struct {
	ByID *btree.Map[roster.AgentID, Row] // every record in id order
	At   func(ordinal uint32) *roster.Record
}

// Search returns at most limit records of the roll that q selects, after a mark: in id
// order, or for a query with a text in the order of falling scores and then ids. The
// plan says in words how: the lists and their lengths, how many ids were held against
// them, where they were walked in order, how many records were looked at and how many
// matched.
//
// Without a text a page costs no more than about twice the lesser of: a look at each
// agent of the shortest list, or an eighth of that for each agent on the roll; mostly
// it costs what it shows. With a text every match is scored for each page.
func (x *Index) Search(roll Roll, q *query.Compiled, after Mark, limit int) (records []*roster.Record, plan string) {
	return x.search(roll, q, after, limit, either)
}

func (x *Index) search(roll Roll, q *query.Compiled, after Mark, limit int, way way) ([]*roster.Record, string) {
	s := &search{index: x, roll: roll, q: q, after: after, limit: limit}
	s.plan()
	s.run(way)
	records := make([]*roster.Record, len(s.page))
	for i, h := range s.page {
		records[i] = h.record
	}
	return records, fmt.Sprintf("%s → filter %d → %d", s.source(), s.tried, len(records))
}

// search is one Search on its way.
type search struct {
	index  *Index
	roll   Roll
	q      *query.Compiled
	after  Mark
	limit  int
	terms  []sized // worth looking into, shortest first
	spaces *sized  // the shortest term of namespaces: they are ranges of ids
	prefix string  // the rarest word, when that is shorter than any term
	words  int     // agents under prefix
	walked int     // ids held against the lists, in order
	picked bool    // the shortest list was gone through
	tried  int     // records looked at
	page   []hit
}

type sized struct {
	query.Term
	sets []set
	size int
}

// has reports whether an agent stands in any of the lists.
func (t *sized) has(at uint32) bool {
	for i := range t.sets {
		if t.sets[i].has(at) {
			return true
		}
	}
	return false
}

const (
	// leapMax is how many times as long as the shortest a list may be and is asked even if
	// it holds most agents.
	leapMax = 8
	// setsMax is how many lists of one term, beside the shortest, are worth asking.
	setsMax = 8
)

type hit struct {
	record *roster.Record
	score  uint64
}

// plan finds the lists.
func (s *search) plan() {
	for _, t := range s.q.Terms() {
		sets, size := s.index.sets(t)
		s.terms = append(s.terms, sized{t, sets, size})
	}
	slices.SortStableFunc(s.terms, func(a, b sized) int { return cmp.Compare(a.size, b.size) })
	if i := slices.IndexFunc(s.terms, func(t sized) bool { return t.Field == query.FieldNamespace }); i >= 0 {
		s.spaces = new(sized)
		*s.spaces = s.terms[i]
	}
	// A list that holds most agents is asked in vain, and many lists cost more to ask
	// than a record to look at.
	if len(s.terms) > 1 {
		s.terms = append(s.terms[:1:1], slices.DeleteFunc(s.terms[1:], func(t sized) bool {
			return t.size > max(s.roll.ByID.Len()/2, leapMax*s.terms[0].size) || len(t.sets) > setsMax
		})...)
	}
	enough := s.roll.ByID.Len()
	if len(s.terms) > 0 {
		enough = s.terms[0].size
	}
	for _, w := range s.q.Words() {
		if n := s.index.PrefixSize(w, enough+1); s.prefix == "" && len(s.terms) == 0 || n < enough {
			s.prefix, s.words, enough = w, n, n
		}
	}
}

// run fills the page.
func (s *search) run(w way) {
	switch {
	case s.prefix != "":
		s.look(s.index.Prefix(s.prefix), s.terms)
	case len(s.q.Words()) > 0:
		s.look(union(s.terms[0].sets), s.terms[1:])
	case len(s.terms) == 0:
		from, past := s.start()
		s.roll.ByID.Ascend(from, func(id roster.AgentID, row Row) bool { return past && id == from || s.offer(row.Record) })
	default:
		s.inOrder(w)
	}
}

// look offers the agents that stand in every list.
func (s *search) look(ordinals []uint32, lists []sized) {
	for _, at := range ordinals {
		if inAll(lists, at) {
			s.offer(s.roll.At(at))
		}
	}
}

func inAll(lists []sized, at uint32) bool {
	for i := range lists {
		if !lists[i].has(at) {
			return false
		}
	}
	return true
}

// start returns where the page begins: at an id, or past it.
func (s *search) start() (id roster.AgentID, past bool) {
	if s.after.Seen && len(s.q.Words()) == 0 {
		return s.after.ID, true
	}
	return "", false
}

// offer puts a record on the page if it belongs there, and reports whether more are
// wanted.
func (s *search) offer(r *roster.Record) bool {
	s.tried++
	if !s.q.Match(r) {
		return true
	}
	if len(s.q.Words()) > 0 {
		s.rank(hit{r, s.q.Score(r)})
		return true
	}
	s.page = append(s.page, hit{record: r})
	return len(s.page) < s.limit
}

// rank keeps the best hits after the mark.
func (s *search) rank(h hit) {
	if s.after.Seen && order(h, hit{&roster.Record{Agent: roster.Agent{ID: s.after.ID}}, s.after.Score}) <= 0 {
		return
	}
	at, _ := slices.BinarySearchFunc(s.page, h, order)
	if at == s.limit {
		return
	}
	if len(s.page) == s.limit {
		s.page = s.page[:s.limit-1]
	}
	s.page = slices.Insert(s.page, at, h)
}

// order puts the higher score first, then the lower id.
func order(a, b hit) int {
	if c := cmp.Compare(b.score, a.score); c != 0 {
		return c
	}
	return cmp.Compare(a.record.ID, b.record.ID)
}

// source says what was walked.
func (s *search) source() string {
	if s.prefix != "" {
		return fmt.Sprintf("text %s* (%d)", s.prefix, s.words)
	}
	if len(s.terms) == 0 {
		return fmt.Sprintf("scan %d", s.roll.ByID.Len())
	}
	lists := make([]string, len(s.terms))
	for i, t := range s.terms {
		lists[i] = fmt.Sprintf("%s %s (%d)", t.Field, oneOf(t.Values), t.size)
	}
	text := strings.Join(lists, " ∩ ")
	if s.walked > 0 {
		text += fmt.Sprintf(" by id %d", s.walked)
	}
	if s.walked > 0 && s.picked {
		text += ", then all"
	}
	return text
}

// planValues bounds the values of one term that a plan spells out.
const planValues = 3

func oneOf(values []string) string {
	if n := len(values) - planValues; n > 0 {
		return strings.Join(values[:planValues], "|") + fmt.Sprintf("|… %d more", n)
	}
	return strings.Join(values, "|")
}
