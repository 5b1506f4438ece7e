package find

import (
	"cmp"
	"context"
	"slices"
	"time"

	"roster"
	"roster/fsm"
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
}

// Page merges one page from the local views of all shards. Nothing crosses the wire
// unless the read level asks for it.
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
	for _, id := range shards {
		if err := f.shard(ctx, id, q.Read); err != nil {
			return roster.Page{}, err
		}
	}
	return f.page(q.Explain), nil
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

func (f *finder) shard(ctx context.Context, id roster.ShardID, r roster.Read) error {
	g, err := f.Ready(ctx, id, r)
	if err != nil {
		return err
	}
	seen, err := g.View(func(v *fsm.View) error {
		records, plan, err := v.Find(f.query, f.mark, f.query.Limit()+1)
		f.found, f.plan = append(f.found, records...), append(f.plan, plan)
		return err
	})
	f.position, f.age = f.position.Advance(id, seen.Index), max(f.age, seen.Age)
	return err
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
