package router

import (
	"context"
	"sync"

	"roster"
	"roster/shard/rounds"
)

// reads asks leaders for the index of a read, for all readers of a shard together.
type reads struct {
	ask func(context.Context, roster.ShardID) (roster.Index, error)
	mu  struct {
		sync.Mutex
		shards map[roster.ShardID]*rounds.Rounds
		closed bool
	}
}

func newReads(ask func(context.Context, roster.ShardID) (roster.Index, error)) *reads {
	r := &reads{ask: ask}
	r.mu.shards = make(map[roster.ShardID]*rounds.Rounds)
	return r
}

// of returns the questions about a shard.
func (r *reads) of(id roster.ShardID) *rounds.Rounds {
	r.mu.Lock()
	defer r.mu.Unlock()
	x := r.mu.shards[id]
	if x == nil {
		x = rounds.New(func(ctx context.Context) (roster.Index, error) { return r.ask(ctx, id) })
		r.mu.shards[id] = x
	}
	if r.mu.closed {
		x.Close()
	}
	return x
}

// close refuses who comes later and waits for the last question.
func (r *reads) close() {
	r.mu.Lock()
	r.mu.closed = true
	open := r.mu.shards
	r.mu.shards = make(map[roster.ShardID]*rounds.Rounds)
	r.mu.Unlock()
	for _, x := range open {
		x.Close()
	}
}
