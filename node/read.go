package node

import (
	"context"
	"iter"
	"time"

	"roster"
	"roster/node/afar"
	"roster/node/router"
	"roster/node/watch"
	"roster/shard"
)

// ready returns the local replica of a shard once it may answer a read of level r.
func (n *Node) ready(ctx context.Context, id roster.ShardID, r roster.Read) (*shard.Group, error) {
	g, err := n.router.Group(id)
	if err != nil || (r.Level == "" || r.Level == roster.ReadLocal) && r.After == "" && r.MaxAge == 0 {
		return g, err
	}
	if err := r.Validate(); err != nil {
		return nil, err
	}
	ctx, cancel := router.WithDeadline(ctx)
	defer cancel()
	if err := n.waitLinearizable(ctx, g, r); err != nil {
		return nil, err
	}
	if err := waitToken(ctx, g, r.After); err != nil {
		return nil, err
	}
	if r.MaxAge > 0 {
		return g, g.WaitFresh(ctx, r.MaxAge)
	}
	return g, nil
}

func (n *Node) waitLinearizable(ctx context.Context, g *shard.Group, r roster.Read) error {
	if r.Level != roster.ReadLinearizable {
		return nil
	}
	index, err := n.router.ReadIndex(ctx, g.ID())
	if err != nil {
		return err
	}
	return g.WaitIndex(ctx, index)
}

// waitToken waits until g has applied what the token saw, CursorWait at most.
func waitToken(ctx context.Context, g *shard.Group, token roster.Token) error {
	position, err := roster.ParsePosition(string(token))
	if err != nil {
		return err
	}
	index, ok := position.Index(g.ID())
	if !ok {
		return nil
	}
	return waitIndex(ctx, g, index)
}

func waitIndex(ctx context.Context, g *shard.Group, index roster.Index) error {
	ctx, cancel := context.WithTimeout(ctx, roster.CursorWait)
	defer cancel()
	if err := g.WaitIndex(ctx, index); err != nil {
		return &roster.Error{Code: roster.CodeUnavailable, Shard: g.ID(), Index: index, RetryAfter: time.Second, Cause: err,
			Detail: "this replica has not yet applied what the token or cursor has seen: ask another node or try again"}
	}
	return nil
}

// Watch merges the feeds of all shards; package watch says how.
func (n *Node) Watch(ctx context.Context, q roster.Query, after roster.Cursor) iter.Seq2[roster.Event, error] {
	return watch.Events(ctx, feeds{n.router, n.afar}, q, after)
}

// feeds are the shards as a watch sees them, wherever they are held.
type feeds struct {
	*router.Router
	*afar.Afar
}

// Feed returns a reader of a shard's events.
func (f feeds) Feed(ctx context.Context, id roster.ShardID, after roster.Index) (watch.Feed, error) {
	return f.Afar.Feed(ctx, id, after)
}
