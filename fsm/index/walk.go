package index

import (
	"slices"
	"strings"

	"roster"
	"roster/query"
)

// way is how a page in id order is found.
type way int

const (
	either way = iota // whichever should cost less
	pick              // go through the shortest list and sort what is wanted
	walk              // go through the ids in order and ask the lists
)

const (
	// pickCost is what an agent of the shortest list costs to pick, its record being
	// somewhere in memory, in steps from one id to the next.
	pickCost = 8
	// pickMax is the longest list that is picked from: beyond it the walk goes on.
	pickMax = 1 << 16
	// pickFew is how few are picked without a thought.
	pickFew = 64
)

// inOrder fills a page in id order. A walk that was meant to be short, but is not, for
// agents alike have ids alike, ends in picking: so a wrong guess costs no more than
// twice the right one.
func (s *search) inOrder(w way) {
	from, past := s.start()
	if w == either {
		w = pick
		if n := s.terms[0].size; n > pickMax || n > pickFew && s.steps() < pickCost*n {
			w = walk
		}
	}
	if w == walk {
		var ended bool
		if from, ended = s.walk(from, past); ended {
			return
		}
		past = true
	}
	s.pick(from, past)
}

// steps guesses how many ids a walk passes until the page is full, as if every term
// were spread evenly.
func (s *search) steps() int {
	all := max(s.roll.ByID.Len(), 1)
	span := all
	if s.spaces != nil {
		span = s.spaces.size
	}
	matches := span
	for _, t := range s.terms {
		if t.Field != query.FieldNamespace {
			matches = matches * min(t.size, all) / all
		}
	}
	if matches == 0 {
		return span
	}
	return min(span, s.limit*span/matches)
}

// walk goes through the ids from a place on, within the namespaces that are asked
// for. It gives up where picking would have been cheaper and returns how far it came.
func (s *search) walk(from roster.AgentID, past bool) (at roster.AgentID, ended bool) {
	lists := slices.DeleteFunc(slices.Clone(s.terms), func(t sized) bool { return t.Field == query.FieldNamespace })
	patience := -1
	if s.terms[0].size <= pickMax {
		patience = max(pickCost*s.terms[0].size, s.limit)
	}
	at, ended = from, true
	for _, prefix := range s.ranges() {
		s.roll.ByID.Ascend(max(from, roster.AgentID(prefix)), func(id roster.AgentID, row Row) bool {
			if !strings.HasPrefix(string(id), prefix) {
				return false
			}
			if past && id == from {
				return true
			}
			ended = s.walked != patience
			if !ended {
				return false
			}
			s.walked++
			at = id
			return !inAll(lists, row.Ordinal) || s.offer(row.Record)
		})
		if !ended || len(s.page) == s.limit {
			break
		}
	}
	return at, ended
}

// ranges returns what the ids of the wanted namespaces begin with, in order.
func (s *search) ranges() []string {
	if s.spaces == nil {
		return []string{""}
	}
	prefixes := make([]string, len(s.spaces.Values))
	for i, v := range s.spaces.Values {
		prefixes[i] = v + "/"
	}
	slices.Sort(prefixes)
	return prefixes
}

// pick goes through the shortest list for what stands in all lists, and offers it in
// the order of ids as far as the page needs.
func (s *search) pick(from roster.AgentID, past bool) {
	s.picked = true
	var found byID
	for _, at := range union(s.terms[0].sets) {
		if !inAll(s.terms[1:], at) {
			continue
		}
		if r := s.roll.At(at); r.ID > from || r.ID == from && !past {
			found = append(found, r)
		}
	}
	for i := len(found)/2 - 1; i >= 0; i-- {
		found.sink(i)
	}
	for len(found) > 0 && s.offer(found[0]) {
		last := len(found) - 1
		found[0] = found[last]
		found = found[:last]
		found.sink(0)
	}
}

// byID is a heap with the lowest id first: a page needs few of many in order.
type byID []*roster.Record

func (h byID) sink(i int) {
	for {
		least := 2*i + 1
		if least >= len(h) {
			return
		}
		if least+1 < len(h) && h[least+1].ID < h[least].ID {
			least++
		}
		if h[i].ID <= h[least].ID {
			return
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}
