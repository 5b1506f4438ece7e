package memservice

import (
	"context"
	"iter"
	"slices"

	"roster"
	"roster/fsm"
	"roster/query"
)

// batchMax is how many events of one shard a watch takes from under the lock at once.
const batchMax = 256

// Watch yields what happens to the agents that q selects.
func (s *Service) Watch(ctx context.Context, q roster.Query, after roster.Cursor) iter.Seq2[roster.Event, error] {
	return func(yield func(roster.Event, error) bool) {
		w, err := s.watcher(ctx, q, after)
		if err == nil {
			err = w.run(ctx, q.Initial && after == "", yield)
		}
		if err != nil && ctx.Err() == nil {
			yield(roster.Event{}, err)
		}
	}
}

// watcher is one watch: its position is behind the last event that was yielded.
type watcher struct {
	service  *Service
	query    *query.Compiled
	position roster.Position
	stopped  bool
}

func (s *Service) watcher(ctx context.Context, q roster.Query, after roster.Cursor) (*watcher, error) {
	compiled, err := query.Compile(q)
	if err != nil {
		return nil, err
	}
	from, err := roster.ParsePosition(string(after))
	if err != nil {
		return nil, roster.Invalid("after", "%s", err.Error())
	}
	if from.Seen || from.Query != 0 && from.Query != compiled.Hash() {
		return nil, roster.Invalid("after", "the cursor belongs to another query: send the same parameters with it")
	}
	if err := s.await(ctx, from); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &watcher{service: s, query: compiled, position: s.position()}
	for i, at := range w.position.At {
		if given, ok := from.Index(at.Shard); ok {
			w.position.At[i].Index = given
		}
	}
	w.position.Query, w.position.Event, w.position.Half = compiled.Hash(), from.Event, from.Half
	return w, nil
}

func (w *watcher) run(ctx context.Context, initial bool, yield func(roster.Event, error) bool) error {
	if initial {
		w.begin(yield)
	}
	for !w.stopped && ctx.Err() == nil {
		events, changed, err := w.next()
		if err != nil {
			return err
		}
		if len(events) == 0 {
			select {
			case <-changed:
			case <-ctx.Done():
			}
			continue
		}
		w.deliver(events, yield)
	}
	return nil
}

// begin yields the present matches, at the moment from which the watch goes on.
func (w *watcher) begin(yield func(roster.Event, error) bool) {
	for _, e := range w.present() {
		if !yield(e, nil) {
			w.stopped = true
			return
		}
	}
	w.stopped = !yield(roster.Event{Type: roster.EventSynced, Cursor: roster.Cursor(w.position.Encode())}, nil)
}

func (w *watcher) present() (events []roster.Event) {
	s := w.service
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.position()
	w.position.At = at.At
	for _, sh := range s.mu.shards {
		view := sh.machine.View()
		records, _, err := view.Find(w.query, fsm.Mark{}, view.Agents()+1)
		if err != nil {
			return nil
		}
		for _, r := range records {
			events = append(events, roster.Event{Shard: r.Shard, Index: r.Revision, Type: roster.EventEntered, After: r})
		}
	}
	return events
}

// next takes the events of the first shard that has some.
func (w *watcher) next() (events []roster.Event, changed <-chan struct{}, err error) {
	s := w.service
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, at := range w.inOrder() {
		sh := s.shard(at.Shard)
		if at.Index < sh.base {
			return nil, nil, &roster.Error{Code: roster.CodeGone, Shard: at.Shard, Index: sh.base,
				Detail: "the events after this position are not kept any more: list again, and watch from the list's token"}
		}
		if events := sh.after(at.Index); len(events) > 0 {
			return events, nil, nil
		}
	}
	return nil, s.mu.changed, nil
}

// inOrder returns where each shard goes on, the one that was left inside an index
// first: the position can hold one such place only.
func (w *watcher) inOrder() []roster.ShardIndex {
	at := slices.Clone(w.position.At)
	slices.SortStableFunc(at, func(a, b roster.ShardIndex) int {
		switch w.position.Half {
		case a.Shard:
			return -1
		case b.Shard:
			return 1
		}
		return 0
	})
	return at
}

// after returns some events behind an index, whole indexes only. Events lie in the
// order of their indexes.
func (sh *shard) after(index roster.Index) []roster.Event {
	first := len(sh.feed)
	for first > 0 && sh.feed[first-1].Index > index {
		first--
	}
	end := first
	for end < len(sh.feed) && (end-first < batchMax || sh.feed[end].Index == sh.feed[end-1].Index) {
		end++
	}
	return append([]roster.Event(nil), sh.feed[first:end]...)
}

// deliver yields what the events of one shard mean to the query. The cursor behind
// an event that is not the last of its index counts that index's events so far.
func (w *watcher) deliver(events []roster.Event, yield func(roster.Event, error) bool) {
	skip := uint64(0)
	if w.position.Half == events[0].Shard {
		skip = w.position.Event
	}
	first, nth := events[0].Index, uint64(0)
	for i, e := range events {
		if i > 0 && events[i-1].Index != e.Index {
			nth = 0
		}
		nth++
		if e.Index == first && nth <= skip {
			continue
		}
		w.advance(e, nth, i+1 == len(events) || events[i+1].Index != e.Index)
		if e.Type = w.meaning(e); e.Type == "" {
			continue
		}
		e.Cursor = roster.Cursor(w.position.Encode())
		if !yield(e, nil) {
			w.stopped = true
			return
		}
	}
	last := events[len(events)-1]
	w.advance(last, 0, true)
}

// advance moves the position behind the nth event of its index.
func (w *watcher) advance(e roster.Event, nth uint64, last bool) {
	if last {
		w.position = w.position.Advance(e.Shard, e.Index)
		w.position.Event, w.position.Half = 0, 0
		return
	}
	w.position = w.position.Advance(e.Shard, e.Index-1)
	w.position.Event, w.position.Half = nth, e.Shard
}

// meaning says what an event is to the query, "" for nothing.
func (w *watcher) meaning(e roster.Event) roster.EventType {
	was := e.Type == roster.EventAgent && e.Before != nil && w.query.Match(e.Before)
	is := e.Type == roster.EventAgent && e.After != nil && w.query.Match(e.After)
	switch {
	case was && is:
		return roster.EventChanged
	case is:
		return roster.EventEntered
	case was:
		return roster.EventLeft
	}
	return ""
}
