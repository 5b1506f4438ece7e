package afar

import (
	"context"
	"errors"
	"time"

	"roster"
	"roster/fsm"
	"roster/node/router"
	"roster/query"
	"roster/shard"
)

// pollWait is how long a holder waits for events before it says that there are none.
const pollWait = time.Second

// Feed is one reader's place in the events of a shard, wherever the shard is: it goes on at
// another holder when the one that it reads from has gone.
type Feed struct {
	a     *Afar
	id    roster.ShardID
	at    roster.Index
	local *shard.Feed
	here  *shard.Group // that of local
	first *answer      // what the first question has brought already
}

// Feed returns a reader of the events after an index: Gone when they are no longer kept.
func (a *Afar) Feed(ctx context.Context, id roster.ShardID, after roster.Index) (*Feed, error) {
	f := &Feed{a: a, id: id, at: after}
	if g, here, err := a.here(id); here {
		if err == nil {
			err = f.follow(g)
		}
		return f, err
	}
	x, err := a.ask(ctx, id, methodFeed, question{After: after})
	f.first = x
	return f, err
}

// here returns this node's replica of a shard, if it is one that has been a member of its
// group; in quarantine it comes with an error.
func (a *Afar) here(id roster.ShardID) (*shard.Group, bool, error) {
	g, held := a.config.Router.Held(id)
	if !held || Blank(g) {
		return nil, false, nil
	}
	return g, true, g.Readable()
}

// Blank reports whether a replica has never been a member of its group.
func Blank(g *shard.Group) bool {
	voters, _ := g.Servers()
	return len(voters) == 0
}

// follow reads from this node's own replica.
func (f *Feed) follow(g *shard.Group) (err error) {
	f.here = g
	f.local, err = g.Feed(f.at)
	return err
}

// Next waits for events after the reader's place and returns those of whole indexes, and
// the index after which it goes on. The error is Gone when the place is no longer kept,
// Unavailable when nobody holds the shard for a while, and that of ctx.
func (f *Feed) Next(ctx context.Context) ([]roster.Event, roster.Index, error) {
	for {
		events, index, err := f.step(ctx)
		if err != nil || len(events) > 0 || ctx.Err() != nil {
			return events, index, err
		}
	}
}

// step reads here where it can. A replica that was replaced by a snapshot does not have the
// place any more; others may.
func (f *Feed) step(ctx context.Context) ([]roster.Event, roster.Index, error) {
	events, index, err := f.stepHere(ctx)
	if err == errElsewhere || roster.CodeOf(err) == roster.CodeGone && len(f.a.config.Router.Holders(f.id)) > 0 {
		f.local, f.here = nil, nil
		return f.poll(ctx)
	}
	return events, index, err
}

var errElsewhere = errors.New("this node does not hold the shard")

func (f *Feed) stepHere(ctx context.Context) ([]roster.Event, roster.Index, error) {
	g, here, _ := f.a.here(f.id)
	if !here {
		return nil, f.at, errElsewhere
	}
	if g != f.here {
		if err := f.follow(g); err != nil {
			return nil, f.at, err
		}
	}
	events, index, err := f.local.Next(ctx)
	if err == nil {
		f.at = index
	}
	if roster.CodeOf(err) != roster.CodeUnavailable {
		return events, index, err
	}
	if now, held := f.a.config.Router.Held(f.id); held && now == g {
		return nil, f.at, err // this node is stopping
	}
	return nil, f.at, errElsewhere
}

// poll asks a holder. Events of one index may come in several answers; they are put
// together.
func (f *Feed) poll(ctx context.Context) ([]roster.Event, roster.Index, error) {
	var events []roster.Event
	for {
		x, err := f.question(ctx, len(events))
		if err != nil {
			return nil, f.at, err
		}
		events = append(events, x.events...)
		if x.more == 0 {
			f.at = max(f.at, x.seen.Index)
			return events, f.at, nil
		}
	}
}

func (f *Feed) question(ctx context.Context, had int) (*answer, error) {
	if x := f.first; x != nil {
		f.first = nil
		return x, nil
	}
	x, err := f.a.ask(ctx, f.id, methodFeed, question{After: f.at, Skip: had, Wait: pollWait})
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return x, err
}

// serveFeed answers with the events after an index, as many as an answer has: whole indexes
// but where one alone has more.
func serveFeed(ctx context.Context, g *shard.Group, q question) ([]byte, error) {
	feed, err := g.Feed(q.After)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, max(min(q.Wait, pollWait), time.Millisecond))
	defer cancel()
	events, index, err := feed.Next(ctx)
	if err != nil && ctx.Err() == nil {
		return nil, err
	}
	x := &answer{seen: Seen{Index: index}}
	x.events, x.more = fittingEvents(events, q.Skip)
	if n := len(x.events); n > 0 && x.more == 0 && q.Skip+n < len(events) {
		x.seen.Index = x.events[n-1].Index
	}
	return x.encode()
}

// fittingEvents cuts events, less those that were had, to what one answer holds: at the end
// of an index, or, where the first index alone has more, within it; more is then 1.
func fittingEvents(events []roster.Event, skip int) (part []roster.Event, more uint64) {
	if skip >= len(events) {
		return nil, 0
	}
	bytes, end := 0, skip
	for i := skip; i < len(events); i++ {
		for _, r := range []*roster.Record{events[i].Before, events[i].After} {
			if r != nil {
				bytes += r.Size()
			}
		}
		if i > skip && bytes > answerMax {
			if end == skip { // not one whole index
				return events[skip:i], 1
			}
			return events[skip:end], 0
		}
		if i+1 == len(events) || events[i+1].Index != events[i].Index {
			end = i + 1
		}
	}
	return events[skip:], 0
}

// Newest returns the index up to which a shard has come.
func (a *Afar) Newest(ctx context.Context, id roster.ShardID) (roster.Index, error) {
	if g, here, err := a.here(id); here {
		if err != nil {
			return 0, err
		}
		seen, err := g.View(func(*fsm.View) error { return nil })
		return seen.Index, err
	}
	_, seen, err := a.Lookup(ctx, id, nil, roster.Read{})
	return seen.Index, err
}

// Reach waits until the replica that is read from has applied index, roster.CursorWait at
// most.
func (a *Afar) Reach(ctx context.Context, id roster.ShardID, index roster.Index) error {
	after := roster.Read{After: roster.Token(roster.Position{}.Advance(id, index).Encode())}
	if _, here, _ := a.here(id); here {
		_, err := a.config.Ready(ctx, id, after)
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, roster.CursorWait)
	defer cancel()
	_, _, err := a.Lookup(ctx, id, nil, after)
	return err
}

// Matches returns all agents of a shard that q selects at one moment, and its index.
func (a *Afar) Matches(ctx context.Context, id roster.ShardID, q roster.Query, compiled *query.Compiled) (records []*roster.Record, index roster.Index, err error) {
	if g, here, err := a.here(id); here {
		if err != nil {
			return nil, 0, err
		}
		seen, err := g.View(func(v *fsm.View) (err error) {
			records, _, err = v.Find(compiled, fsm.Mark{}, v.Agents())
			return err
		})
		return records, seen.Index, err
	}
	x, err := a.ask(ctx, id, methodMatches, question{Query: &q})
	if err != nil {
		return nil, 0, err
	}
	holder := x.seen.Node
	for records = x.records; x.more != 0; records = append(records, x.records...) {
		ctx, cancel := router.WithDeadline(ctx)
		x, err = a.askOne(ctx, holder, methodMatches, question{Shard: id, Sheet: x.more, Offset: uint64(len(records))})
		cancel()
		if err != nil {
			return nil, 0, err
		}
	}
	return records, x.seen.Index, nil
}
