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

// leapMax says which lists are worth intersecting: those at most this many times as
// long as the shortest. Looking at a record costs less than leaping through a list
// that holds nearly everything.
const leapMax = 8

// Roll is what a search reads beside the lists.
type Roll struct {
	ByID *btree.Map[roster.AgentID, *roster.Record] // every record in id order
	Get  func(roster.AgentID) (*roster.Record, bool)
}

// Search returns at most limit records of the roll that q selects, after a mark: in id
// order, or for a query with a text in the order of falling scores and then ids. The
// plan says in words what was walked, how many records were looked at and how many
// matched.
//
// Without a text it costs what is looked at until the page is full. With one, every
// match is scored for each page.
func (x *Index) Search(roll Roll, q *query.Compiled, after Mark, limit int) (records []*roster.Record, plan string) {
	s := &search{index: x, roll: roll, q: q, after: after, limit: limit}
	s.plan()
	s.run()
	records = make([]*roster.Record, len(s.page))
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
	terms  []sized // worth walking, shortest first
	prefix string  // the rarest word, when that is shorter than any term
	words  int     // agents under prefix
	tried  int
	page   []hit
}

type sized struct {
	query.Term
	size int
}

type hit struct {
	record *roster.Record
	score  uint64
}

// plan decides what to walk.
func (s *search) plan() {
	for _, t := range s.q.Terms() {
		s.terms = append(s.terms, sized{t, s.index.Size(t)})
	}
	slices.SortStableFunc(s.terms, func(a, b sized) int { return cmp.Compare(a.size, b.size) })
	for i, t := range s.terms {
		if t.size > leapMax*s.terms[0].size {
			s.terms = s.terms[:i]
			break
		}
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
func (s *search) run() {
	switch {
	case s.prefix != "":
		for _, id := range s.index.Prefix(s.prefix) {
			s.try(id)
		}
	case len(s.terms) > 0:
		s.leap()
	default:
		from, past := s.start()
		s.roll.ByID.Ascend(from, func(id roster.AgentID, r *roster.Record) bool { return past && id == from || s.offer(r) })
	}
}

// leap walks what the terms have in common.
func (s *search) leap() {
	lists := make([]*List, len(s.terms))
	for i, t := range s.terms {
		lists[i] = s.index.List(t.Term)
	}
	from, past := s.start()
	id, ok := Common(lists, from, past)
	for ok && s.try(id) {
		id, ok = Common(lists, id, true)
	}
}

// start returns where the page begins: at an id, or past it.
func (s *search) start() (id roster.AgentID, past bool) {
	if s.after.Seen && len(s.q.Words()) == 0 {
		return s.after.ID, true
	}
	return "", false
}

func (s *search) try(id roster.AgentID) bool {
	r, ok := s.roll.Get(id)
	return !ok || s.offer(r)
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
	return strings.Join(lists, " ∩ ")
}

// planValues bounds the values of one term that a plan spells out.
const planValues = 3

func oneOf(values []string) string {
	if n := len(values) - planValues; n > 0 {
		return strings.Join(values[:planValues], "|") + fmt.Sprintf("|… %d more", n)
	}
	return strings.Join(values, "|")
}
