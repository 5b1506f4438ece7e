package afar

import (
	"context"
	"encoding/json"

	"roster"
	"roster/fsm"
	"roster/query"
	"roster/shard"
)

// Serve answers another node's question from this node's replica, and from nobody else's.
func (a *Afar) Serve(ctx context.Context, from roster.NodeID, method uint8, body []byte) ([]byte, error) {
	var q question
	if err := json.Unmarshal(body, &q); err != nil || len(q.IDs) > roster.BatchMax {
		return nil, roster.Errorf(roster.CodeInternal, "malformed message between nodes: do all nodes run compatible versions?")
	}
	if method == methodMatches && q.Sheet != 0 {
		return a.serveSheet(q)
	}
	if method == methodState && q.Offset != 0 {
		return a.streams.serve(streamKey{from, q.Shard}, q.Offset)
	}
	g, err := a.config.Ready(ctx, q.Shard, q.Read)
	if err != nil {
		return nil, err
	}
	switch method {
	case methodLookup:
		return serveLookup(g, q)
	case methodFind:
		return serveFind(g, q)
	case methodSession:
		return serveSession(g, q)
	case methodStatus:
		return serveStatus(g)
	case methodFeed:
		return serveFeed(ctx, g, q)
	case methodMatches:
		return a.serveMatches(g, q)
	case methodFleets:
		return serveFleets(g, q)
	}
	return a.serveState(ctx, from, g)
}

// unripe refuses to answer from a replica that has never been up to date.
func unripe(g *shard.Group, seen shard.Seen) error {
	if seen.Age == never {
		return &roster.Error{Code: roster.CodeUnavailable, Shard: g.ID(), Detail: "this node's replica of the shard has not caught up yet"}
	}
	return nil
}

func serveLookup(g *shard.Group, q question) ([]byte, error) {
	_, _, seen := g.Lookup("") // the index before any record
	if err := unripe(g, seen); err != nil {
		return nil, err
	}
	x := &answer{seen: Seen{Index: seen.Index, Age: seen.Age}}
	for _, id := range q.IDs {
		record, _, _ := g.Lookup(id)
		x.records = append(x.records, record)
	}
	x.records = fitting(x.records)
	return x.encode()
}

func serveFind(g *shard.Group, q question) ([]byte, error) {
	compiled, err := compile(q)
	if err != nil {
		return nil, err
	}
	x := &answer{}
	seen, err := g.View(func(v *fsm.View) (err error) {
		x.records, x.text, err = v.Find(compiled, q.Mark, q.Limit)
		return err
	})
	if err == nil {
		err = unripe(g, seen)
	}
	if err != nil {
		return nil, err
	}
	x.seen = Seen{Index: seen.Index, Age: seen.Age}
	if part := fitting(x.records); len(part) < len(x.records) {
		x.records, x.more = part, 1+compiled.Score(part[len(part)-1])
	}
	return x.encode()
}

func compile(q question) (*query.Compiled, error) {
	if q.Query == nil {
		return nil, roster.Invalid("query", "the question has no query")
	}
	return query.Compile(*q.Query)
}

func serveSession(g *shard.Group, q question) ([]byte, error) {
	x := &answer{}
	seen, err := g.View(func(v *fsm.View) error {
		if s, known := v.Session(q.Session); known {
			x.session = &s
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	x.seen = Seen{Index: seen.Index, Age: seen.Age}
	return x.encode()
}

func serveStatus(g *shard.Group) ([]byte, error) {
	s := g.Status()
	if len(s.Voters) == 0 {
		return nil, &roster.Error{Code: roster.CodeUnavailable, Shard: g.ID(), Detail: "this node's replica of the shard has no members yet"}
	}
	b, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	return (&answer{text: string(b)}).encode()
}

// serveMatches keeps the matches of one moment and answers the first of them.
func (a *Afar) serveMatches(g *shard.Group, q question) ([]byte, error) {
	compiled, err := compile(q)
	if err != nil {
		return nil, err
	}
	var records []*roster.Record
	seen, err := g.View(func(v *fsm.View) (err error) {
		records, _, err = v.Find(compiled, fsm.Mark{}, v.Agents())
		return err
	})
	if err == nil {
		err = unripe(g, seen)
	}
	if err != nil {
		return nil, err
	}
	if q.Sheet, err = a.sheets.put(records, seen.Index); err != nil {
		return nil, err
	}
	return a.serveSheet(q)
}

func (a *Afar) serveSheet(q question) ([]byte, error) {
	records, index, more, err := a.sheets.part(q.Sheet, q.Offset)
	if err != nil {
		return nil, err
	}
	x := &answer{seen: Seen{Index: index}, records: records}
	if more {
		x.more = q.Sheet
	}
	return x.encode()
}
