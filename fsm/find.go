package fsm

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"roster"
	"roster/fsm/index"
	"roster/fsm/table"
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

// Find returns at most limit agents that q selects, after a mark: in id order, or for
// a query with a text in the order of falling scores and then ids. A limit of 0 or
// less is the query's own. The plan says in words how the agents were found. The one
// error is Invalid, for a nil query.
//
// Without a text a page costs what is looked at until it is full. With one, every
// match is scored for each page.
func (v *View) Find(q *query.Compiled, after Mark, limit int) (records []*roster.Record, plan string, err error) {
	if q == nil {
		return nil, "", roster.Invalid("", "no query")
	}
	if limit <= 0 {
		limit = q.Limit()
	}
	s := &search{table: v.m.table, agents: &v.m.agents, q: q, after: after, limit: limit}
	s.page = make([]hit, 0, min(limit, roster.ListLimitMax))
	s.plan()
	s.run()
	records = make([]*roster.Record, len(s.page))
	for i, h := range s.page {
		records[i] = h.record
	}
	return records, fmt.Sprintf("shard %d: %s → filter %d → %d", v.m.shard, s.source(), s.tried, len(records)), nil
}

// search is one Find on its way.
type search struct {
	table  *table.Table
	agents *agents
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
		s.terms = append(s.terms, sized{t, s.agents.index.Size(t)})
	}
	slices.SortStableFunc(s.terms, func(a, b sized) int { return cmp.Compare(a.size, b.size) })
	for i, t := range s.terms {
		if t.size > leapMax*s.terms[0].size {
			s.terms = s.terms[:i]
			break
		}
	}
	enough := s.agents.byID.Len()
	if len(s.terms) > 0 {
		enough = s.terms[0].size
	}
	for _, w := range s.q.Words() {
		if n := s.agents.index.PrefixSize(w, enough+1); s.prefix == "" && len(s.terms) == 0 || n < enough {
			s.prefix, s.words, enough = w, n, n
		}
	}
}

// run fills the page.
func (s *search) run() {
	switch {
	case s.prefix != "":
		for _, id := range s.agents.index.Prefix(s.prefix) {
			s.try(id)
		}
	case len(s.terms) > 0:
		s.leap()
	default:
		s.agents.byID.Ascend(s.start(), func(_ roster.AgentID, r *roster.Record) bool { return s.offer(r) })
	}
}

// leap walks what the terms have in common.
func (s *search) leap() {
	lists := make([]*index.List, len(s.terms))
	for i, t := range s.terms {
		lists[i] = s.agents.index.List(t.Term)
	}
	id, ok := index.Common(lists, s.start())
	for ok && s.try(id) {
		id, ok = index.Common(lists, successor(id))
	}
}

// start returns the first id that can be on the page.
func (s *search) start() roster.AgentID {
	if s.after.Seen && len(s.q.Words()) == 0 {
		return successor(s.after.ID)
	}
	return ""
}

// successor returns the least id after id.
func successor(id roster.AgentID) roster.AgentID { return id + "\x00" }

func (s *search) try(id roster.AgentID) bool {
	r, ok := s.table.Get(id)
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
		return fmt.Sprintf("scan %d", s.agents.byID.Len())
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
