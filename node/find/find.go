package find

import (
	"cmp"
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"roster"
	"roster/fsm"
	"roster/node/afar"
	"roster/query"
	"roster/shard"
)

// Source is where a find looks. All are needed.
type Source struct {
	// Shards lists the shards that hold agents, in order.
	Shards func() ([]roster.ShardID, error)
	// Ready returns the local replica of a shard once it may answer such a read.
	Ready func(context.Context, roster.ShardID, roster.Read) (*shard.Group, error)
	// Ring returns the version of the cluster map.
	Ring func() uint64
	// Away reports whether a shard must be read at another node, which Afar does.
	Away func(roster.ShardID) bool
	Afar Afar
}

// Afar finds in a shard at a node that holds it: *afar.Afar does.
type Afar interface {
	Find(ctx context.Context, id roster.ShardID, q roster.Query, after fsm.Mark, limit int) (records []*roster.Record, plan string, seen afar.Seen, err error)
}

// askingMax is how many other nodes are asked at the same time.
const askingMax = 8

// Page merges one page from the views of all shards. Nothing crosses the wire but for shards
// that are not here, and where the read level asks for it.
func Page(ctx context.Context, source Source, q roster.Query) (roster.Page, error) {
	compiled, err := query.Compile(q)
	if err != nil {
		return roster.Page{}, err
	}
	mark, err := pageMark(q.Cursor, compiled)
	if err != nil {
		return roster.Page{}, err
	}
	shards, err := source.Shards()
	if err != nil {
		return roster.Page{}, err
	}
	f := finder{Source: source, query: compiled, mark: mark}
	if err := f.gather(ctx, shards, q); err != nil {
		return roster.Page{}, err
	}
	return f.page(q.Explain), nil
}

// gather asks all shards: first it sends off what goes to other nodes.
func (f *finder) gather(ctx context.Context, shards []roster.ShardID, q roster.Query) error {
	parts := make([]part, len(shards))
	var others errgroup.Group
	others.SetLimit(askingMax)
	var here []int
	for i, id := range shards {
		if !f.Away(id) {
			here = append(here, i)
			continue
		}
		others.Go(func() (err error) {
			p := &parts[i]
			p.records, p.plan, p.seen, err = f.Afar.Find(ctx, id, q, f.mark, f.query.Limit()+1)
			return err
		})
	}
	var err error
	for _, i := range here {
		if parts[i], err = f.shard(ctx, shards[i], q.Read); err != nil {
			break
		}
	}
	if fault := others.Wait(); err == nil {
		err = fault
	}
	for i, p := range parts {
		f.found, f.plan = append(f.found, p.records...), append(f.plan, p.plan)
		f.position, f.age = f.position.Advance(shards[i], p.seen.Index), max(f.age, p.seen.Age)
	}
	return err
}

// part is what one shard has found.
type part struct {
	records []*roster.Record
	plan    string
	seen    afar.Seen
}

// pageMark reads where the last page of the same query ended.
func pageMark(cursor roster.Cursor, q *query.Compiled) (fsm.Mark, error) {
	position, err := roster.ParsePosition(string(cursor))
	if err != nil {
		return fsm.Mark{}, roster.Invalid("cursor", "%s", err.Error())
	}
	if cursor != "" && (!position.Seen || position.Query != q.Hash()) {
		return fsm.Mark{}, roster.Invalid("cursor", "the cursor belongs to another query: send the same parameters with it")
	}
	return fsm.Mark{Seen: position.Seen, ID: position.After, Score: position.Score}, nil
}

// finder gathers up to one page and one more from each shard.
type finder struct {
	Source
	query    *query.Compiled
	mark     fsm.Mark
	found    []*roster.Record
	plan     []string
	position roster.Position
	age      time.Duration
}

func (f *finder) shard(ctx context.Context, id roster.ShardID, r roster.Read) (p part, err error) {
	g, err := f.Ready(ctx, id, r)
	if err != nil {
		return p, err
	}
	seen, err := g.View(func(v *fsm.View) (err error) {
		p.records, p.plan, err = v.Find(f.query, f.mark, f.query.Limit()+1)
		return err
	})
	p.seen = afar.Seen{Index: seen.Index, Age: seen.Age}
	return p, err
}

// page sorts what was found and cuts it to the limit.
func (f *finder) page(explain bool) roster.Page {
	slices.SortFunc(f.found, func(a, b *roster.Record) int {
		if byScore := cmp.Compare(f.query.Score(b), f.query.Score(a)); byScore != 0 {
			return byScore
		}
		return cmp.Compare(a.ID, b.ID)
	})
	ring := f.Ring()
	f.position.Ring = ring
	token := roster.Token(f.position.Encode())
	page := roster.Page{Agents: f.found, Token: token, Stamp: roster.Stamp{Age: f.age, Token: token}}
	if limit := f.query.Limit(); len(f.found) > limit {
		page.Agents = f.found[:limit]
		last := page.Agents[limit-1]
		page.Cursor = roster.Cursor(roster.Position{Ring: ring, Query: f.query.Hash(),
			Seen: true, After: last.ID, Score: f.query.Score(last)}.Encode())
	}
	if page.Agents == nil {
		page.Agents = []*roster.Record{}
	}
	if explain {
		page.Plan = f.plan
	}
	return page
}
