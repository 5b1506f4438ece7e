package watch

import (
	"context"
	"iter"

	"golang.org/x/sync/errgroup"

	"roster"
	"roster/query"
)

// Source is where a watch finds the shards, here or at other nodes.
type Source interface {
	// AgentShards lists the shards that hold agents, in order.
	AgentShards() ([]roster.ShardID, error)
	// Newest returns the index up to which a shard has come.
	Newest(context.Context, roster.ShardID) (roster.Index, error)
	// Reach waits until the shard's replica has applied index, roster.CursorWait at most.
	Reach(ctx context.Context, id roster.ShardID, index roster.Index) error
	// Matches returns the agents of a shard that are selected at one moment, and its index.
	Matches(ctx context.Context, id roster.ShardID, q roster.Query, compiled *query.Compiled) ([]*roster.Record, roster.Index, error)
	// Feed returns a reader of the events after an index.
	Feed(ctx context.Context, id roster.ShardID, after roster.Index) (Feed, error)
}

// Feed is one reader's place in the events of a shard. Next returns those of whole indexes,
// and the index after which it goes on.
type Feed interface {
	Next(ctx context.Context) ([]roster.Event, roster.Index, error)
}

// Events merges the feeds of all shards into what happens to the agents that q
// selects; roster.Service.Watch says what it promises. Each shard is read by one
// goroutine that hands over whole indexes, so that a cursor never stands inside two
// shards at once.
func Events(ctx context.Context, source Source, q roster.Query, after roster.Cursor) iter.Seq2[roster.Event, error] {
	return func(yield func(roster.Event, error) bool) {
		w, err := newWatcher(ctx, source, q, after)
		if err == nil {
			err = w.run(ctx, yield)
		}
		if err != nil && ctx.Err() == nil {
			yield(roster.Event{}, err)
		}
	}
}

// watcher is one Watch under way.
type watcher struct {
	source   Source
	asked    roster.Query
	query    *query.Compiled
	position roster.Position
	feeds    []shardFeed
	stopped  bool // the consumer wants no more
}

type shardFeed struct {
	id   roster.ShardID
	feed Feed
	skip uint64 // events of the first index that the cursor's holder already has
	from roster.Index
}

// happening is what one shard hands over: events up to and with index.
type happening struct {
	from   *shardFeed
	events []roster.Event
	index  roster.Index
}

func newWatcher(ctx context.Context, source Source, q roster.Query, after roster.Cursor) (*watcher, error) {
	compiled, err := query.Compile(q)
	if err != nil {
		return nil, err
	}
	position, err := roster.ParsePosition(string(after))
	if err != nil {
		return nil, roster.Invalid("after", "%s", err.Error())
	}
	if position.Seen || position.Query != 0 && position.Query != compiled.Hash() {
		return nil, roster.Invalid("after", "the cursor belongs to another query: send the same parameters with it")
	}
	w := &watcher{source: source, asked: q, query: compiled, position: position}
	w.position.Query = compiled.Hash()
	return w, w.openFeeds(ctx, q.Initial && after == "")
}

// openFeeds starts every shard's feed at the position, or at this moment. With
// initial the feeds start later, each at its view.
func (w *watcher) openFeeds(ctx context.Context, initial bool) error {
	shards, err := w.source.AgentShards()
	if err != nil {
		return err
	}
	for _, id := range shards {
		if initial {
			w.feeds = append(w.feeds, shardFeed{id: id})
			continue
		}
		if err := w.open(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (w *watcher) open(ctx context.Context, id roster.ShardID) error {
	f := shardFeed{id: id}
	from, given := w.position.Index(id)
	if given {
		seen := from
		if w.position.Event > 0 && w.position.Half == id {
			f.skip, seen = w.position.Event, from+1
		}
		if err := w.source.Reach(ctx, id, seen); err != nil {
			return err
		}
	} else {
		newest, err := w.source.Newest(ctx, id)
		if err != nil {
			return err
		}
		from = newest
		w.position = w.position.Advance(id, from)
	}
	feed, err := w.source.Feed(ctx, id, from)
	f.feed, f.from = feed, from
	w.feeds = append(w.feeds, f)
	return err
}

// run yields the initial matches, if they were asked for, then what the feeds bring.
func (w *watcher) run(ctx context.Context, yield func(roster.Event, error) bool) error {
	w.position.Event, w.position.Half = 0, 0
	if err := w.initial(ctx, yield); err != nil || w.stopped {
		return err
	}
	if err := w.finishHalf(ctx, yield); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	readers, ctx := errgroup.WithContext(ctx)
	happenings := make(chan happening)
	for i := range w.feeds {
		readers.Go(func() error { return w.feeds[i].read(ctx, happenings) })
	}
	for !w.stopped && ctx.Err() == nil {
		select {
		case h := <-happenings:
			w.deliver(h, yield)
		case <-ctx.Done():
		}
	}
	cancel()
	return readers.Wait()
}

// finishHalf delivers the rest of the index that the cursor stands inside before any
// other shard has its say: no cursor says that of two shards, and the next one would
// forget it.
func (w *watcher) finishHalf(ctx context.Context, yield func(roster.Event, error) bool) error {
	for i := range w.feeds {
		f := &w.feeds[i]
		if f.skip == 0 {
			continue
		}
		events, index, err := f.feed.Next(ctx)
		if err != nil {
			return err
		}
		w.deliver(happening{f, events, index}, yield)
	}
	return nil
}

func (f *shardFeed) read(ctx context.Context, to chan<- happening) error {
	for {
		events, index, err := f.feed.Next(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		select {
		case to <- happening{f, events, index}:
		case <-ctx.Done():
			return nil
		}
	}
}

// deliver turns feed events into what they mean to the query. The cursor after an
// event that is not the last of its index counts the events of that index so far.
func (w *watcher) deliver(h happening, yield func(roster.Event, error) bool) {
	var of roster.Index
	var nth uint64
	for i, event := range h.events {
		if event.Index != of {
			of, nth = event.Index, 0
		}
		nth++
		if h.from.skip >= nth && event.Index == firstIndex(h.events) {
			continue
		}
		last := i+1 == len(h.events) || h.events[i+1].Index != of
		if last {
			w.position = w.position.Advance(h.from.id, of)
			w.position.Event, w.position.Half = 0, 0
		} else {
			w.position = w.position.Advance(h.from.id, of-1)
			w.position.Event, w.position.Half = nth, h.from.id
		}
		if w.classify(&event); event.Type != "" {
			event.Cursor = roster.Cursor(w.position.Encode())
			if !yield(event, nil) {
				w.stopped = true
				return
			}
		}
	}
	h.from.skip = 0
	w.position = w.position.Advance(h.from.id, h.index)
}

func firstIndex(events []roster.Event) roster.Index { return events[0].Index }

// classify sets the type that the event has for the query, "" for none.
func (w *watcher) classify(e *roster.Event) {
	was := e.Type == roster.EventAgent && e.Before != nil && w.query.Match(e.Before)
	is := e.Type == roster.EventAgent && e.After != nil && w.query.Match(e.After)
	switch {
	case was && is:
		e.Type = roster.EventChanged
	case is:
		e.Type = roster.EventEntered
	case was:
		e.Type = roster.EventLeft
	default:
		e.Type = ""
	}
}

// initial yields the present matches shard by shard and opens each feed at the
// very index that its view showed. The events carry no cursor: whoever is cut off
// before EventSynced begins again.
func (w *watcher) initial(ctx context.Context, yield func(roster.Event, error) bool) error {
	asked := false
	for i := range w.feeds {
		f := &w.feeds[i]
		if f.feed != nil {
			continue
		}
		asked = true
		records, err := w.matches(ctx, f)
		if err != nil {
			return err
		}
		for _, record := range records {
			if !yield(roster.Event{Shard: f.id, Index: record.Revision, Type: roster.EventEntered, After: record}, nil) {
				w.stopped = true
				return nil
			}
		}
	}
	if asked && !yield(roster.Event{Type: roster.EventSynced, Cursor: roster.Cursor(w.position.Encode())}, nil) {
		w.stopped = true
	}
	return nil
}

func (w *watcher) matches(ctx context.Context, f *shardFeed) ([]*roster.Record, error) {
	records, index, err := w.source.Matches(ctx, f.id, w.asked, w.query)
	if err != nil {
		return nil, err
	}
	w.position = w.position.Advance(f.id, index)
	f.from = index
	f.feed, err = w.source.Feed(ctx, f.id, index)
	return records, err
}
