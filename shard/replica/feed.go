package replica

import (
	"context"
	"sync"

	"roster"
)

const (
	// eventBytes is what an event costs beside its records.
	eventBytes = 128
	// feedStepMax is about how many events Next returns at once.
	feedStepMax = 1024
)

// block is all events of one index.
type block struct {
	index  roster.Index
	events []roster.Event
	bytes  int
}

// feed keeps the latest events of a shard. Readers keep their own place; who falls
// behind what is kept is told so.
type feed struct {
	shard roster.ShardID
	bell  Bell
	mu    struct {
		sync.Mutex
		blocks        []block
		floor         roster.Index // events up to here are gone
		head          roster.Index // events up to here have been published
		events, bytes int
		closed        bool
	}
}

func newFeed(shard roster.ShardID) *feed { return &feed{shard: shard} }

// publish appends the events of an entry, after which the machine stands at head.
func (f *feed) publish(results []roster.Result, head roster.Index) {
	f.mu.Lock()
	for _, r := range results {
		if len(r.Events) > 0 {
			f.append(r.Index, r.Events)
		}
	}
	f.mu.head = head
	f.trim()
	f.mu.Unlock()
	f.bell.Ring()
}

// append adds to the newest block when the index is the same, so that an index is
// never cut in two.
func (f *feed) append(index roster.Index, events []roster.Event) {
	bytes := 0
	for _, e := range events {
		bytes += size(e)
	}
	f.mu.events += len(events)
	f.mu.bytes += bytes
	if n := len(f.mu.blocks); n > 0 && f.mu.blocks[n-1].index == index {
		last := &f.mu.blocks[n-1]
		last.events = append(last.events[:len(last.events):len(last.events)], events...)
		last.bytes += bytes
		return
	}
	f.mu.blocks = append(f.mu.blocks, block{index, events, bytes})
}

func (f *feed) trim() {
	drop := 0
	for drop < len(f.mu.blocks) && (f.mu.events > roster.FeedEventsMax || f.mu.bytes > roster.FeedBytesMax) {
		b := f.mu.blocks[drop]
		f.mu.events -= len(b.events)
		f.mu.bytes -= b.bytes
		f.mu.floor = b.index
		f.mu.blocks[drop] = block{} // lets go of the records
		drop++
	}
	f.mu.blocks = f.mu.blocks[drop:]
}

// restart forgets everything: after a snapshot nobody knows what happened before.
func (f *feed) restart(at roster.Index) {
	f.mu.Lock()
	f.mu.blocks, f.mu.events, f.mu.bytes = nil, 0, 0
	f.mu.floor, f.mu.head = at, at
	f.mu.Unlock()
	f.bell.Ring()
}

func (f *feed) close() {
	f.mu.Lock()
	f.mu.closed = true
	f.mu.Unlock()
	f.bell.Ring()
}

func size(e roster.Event) int {
	n := eventBytes
	if e.Before != nil {
		n += e.Before.Size()
	}
	if e.After != nil {
		n += e.After.Size()
	}
	return n
}

// Feed is one reader's place in a shard's events. It is for one goroutine, needs no
// closing and holds nothing back.
type Feed struct {
	feed  *feed
	after roster.Index
}

// open returns a reader that begins after an index.
func (f *feed) open(after roster.Index) (*Feed, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if after < f.mu.floor {
		return nil, f.gone(after)
	}
	return &Feed{feed: f, after: after}, nil
}

// Next waits for events after the reader's place and returns those of one or more
// whole indexes, with the index after which to go on: pass it to
// Replica.Feed to resume elsewhere. A place ahead of this replica waits until the replica has passed
// it. The error is Gone when the place is no longer kept, whose Index is the earliest
// place that is; Unavailable when the group closes; and the error of ctx.
func (r *Feed) Next(ctx context.Context) ([]roster.Event, roster.Index, error) {
	for {
		heard := r.feed.bell.Listen()
		events, err := r.step()
		if err != nil || len(events) > 0 {
			return events, r.after, err
		}
		select {
		case <-heard:
		case <-ctx.Done():
			return nil, r.after, ctx.Err()
		}
	}
}

func (r *Feed) step() ([]roster.Event, error) {
	f := r.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.after < f.mu.floor {
		return nil, f.gone(r.after)
	}
	var out []roster.Event
	for _, b := range f.mu.blocks[f.find(r.after):] {
		if len(out) > 0 && len(out)+len(b.events) > feedStepMax {
			return out, nil
		}
		out = append(out, b.events...)
		r.after = b.index
	}
	if r.after < f.mu.head {
		r.after = f.mu.head
	}
	if len(out) == 0 && f.mu.closed {
		return nil, roster.Errorf(roster.CodeUnavailable, "shard %v is closing on this node", f.shard)
	}
	return out, nil
}

// find returns the first block after an index.
func (f *feed) find(after roster.Index) int {
	low, high := 0, len(f.mu.blocks)
	for low < high {
		middle := (low + high) / 2
		if f.mu.blocks[middle].index <= after {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

func (f *feed) gone(after roster.Index) error {
	err := roster.Errorf(roster.CodeGone, "events of shard %v after index %d are no longer kept; the earliest are those after %d: list again and go on from there", f.shard, after, f.mu.floor)
	err.Shard, err.Index = f.shard, f.mu.floor
	return err
}
