package index

import (
	"github.com/tidwall/btree"

	"roster"
	"roster/query"
)

// List walks the agents of one term in id order. It only moves forward.
type List struct {
	parts []part // one a value; values are few, so the least is found by looking
}

// part walks one list.
type part struct {
	items   btree.IterG[posting]
	term    uint64
	at      roster.AgentID
	started bool
	ended   bool
}

// List returns the agents that have any of the term's values.
func (x *Index) List(t query.Term) *List {
	l := new(List)
	for _, v := range t.Values {
		if known := x.terms[key{t.Field, v}]; known != nil {
			l.parts = append(l.parts, part{items: x.postings.Iter(), term: known.number})
		}
	}
	return l
}

// Next returns the first agent that is not before id, or comes past it.
func (l *List) Next(id roster.AgentID, past bool) (least roster.AgentID, ok bool) {
	for i := range l.parts {
		p := &l.parts[i]
		p.seek(id, past)
		if !p.ended && (!ok || p.at < least) {
			least, ok = p.at, true
		}
	}
	return least, ok
}

// seek moves on to what Next wants. One step is tried before a search from the root:
// neighbours are what a walk wants most.
func (p *part) seek(id roster.AgentID, past bool) {
	reached := func() bool { return p.ended || p.started && (p.at > id || p.at == id && !past) }
	if reached() {
		return
	}
	if p.started {
		p.take(p.items.Next())
	}
	if !reached() {
		p.take(p.items.Seek(posting{p.term, id}))
	}
	if !reached() {
		p.take(p.items.Next())
	}
}

// take notes where the iterator stands.
func (p *part) take(ok bool) {
	p.started = true
	if !ok || p.items.Item().term != p.term {
		p.ended = true
		return
	}
	p.at = p.items.Item().agent
}

// Common returns the first agent, not before id or past it, that stands in every list:
// each list in turn leaps to where the others stand. There must be at least one list.
func Common(lists []*List, id roster.AgentID, past bool) (roster.AgentID, bool) {
	for agreed := 0; agreed < len(lists); {
		agreed = 0
		for _, l := range lists {
			at, ok := l.Next(id, past)
			if !ok {
				return "", false
			}
			if at != id || past {
				id, past = at, false
				break
			}
			agreed++
		}
	}
	return id, true
}
