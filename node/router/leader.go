package router

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"roster"
	"roster/shard"
)

// askAfter is how long a replica has heard no leader when others are asked for one.
// Elections end well within it.
const askAfter = 2 * time.Second

// leaderOf returns who leads a shard as its local replica knows it. One that has heard no
// leader for long may be no member any more, having been replaced while it was down, or
// none yet; no leader will find it before its node is heard in the system shard. So
// somebody who may know better is asked then.
func (r *Router) leaderOf(g *shard.Group) roster.NodeID {
	if leader, _ := g.Leader(); leader != "" || time.Since(g.Heard()) < askAfter {
		return leader
	}
	asked := r.mayKnow(g.ID())
	if len(asked) == 0 {
		return ""
	}
	return asked[int(r.guesses.Add(1))%len(asked)]
}

// Leader returns who leads a shard, or somebody who may know, as far as this node can
// tell; "" if it cannot.
func (r *Router) Leader(id roster.ShardID) roster.NodeID {
	if g, ok := r.config.Groups(id); ok {
		return r.leaderOf(g)
	}
	if leader, ok := r.known.Load(id); ok {
		return leader.(roster.NodeID)
	}
	asked := r.mayKnow(id)
	if len(asked) == 0 {
		return ""
	}
	return asked[int(r.guesses.Add(1))%len(asked)]
}

// Learn notes whom an answer about a shard that is not held here calls its leader. One who
// did not answer, or leads no more, is asked no longer.
func (r *Router) Learn(id roster.ShardID, err error) {
	if _, ok := r.config.Groups(id); ok {
		return
	}
	e, ok := errors.AsType[*roster.Error](err)
	switch {
	case !ok:
	case e.Code == roster.CodeMoved && e.Leader != "":
		r.known.Store(id, e.Leader)
	case e.Code == roster.CodeMoved, e.Code == roster.CodeUnavailable, e.Code == roster.CodeUnknown:
		r.known.Delete(id)
	}
}

// Ask calls a method of a shard's leader, and of whom that names instead, until one
// answers or ctx, or RequestDeadline, ends. What is asked may be asked twice.
func (r *Router) Ask(ctx context.Context, id roster.ShardID, method uint8, body []byte) ([]byte, error) {
	ctx, cancel := WithDeadline(ctx)
	defer cancel()
	var hint roster.NodeID
	last := error(&roster.Error{Code: roster.CodeUnavailable, Shard: id, RetryAfter: time.Second, Detail: "no leader for the shard was found in time"})
	for try := (Retry{}); try.Next(ctx, hint != ""); {
		answer, err := r.askOnce(ctx, cmp.Or(hint, r.Leader(id)), method, body)
		if err == nil {
			return answer, nil
		}
		hint = r.nextHint(id, hint, []Outcome{{err: err}})
		if code := roster.CodeOf(err); code != roster.CodeMoved && code != roster.CodeUnavailable && code != roster.CodeUnknown {
			return nil, err
		}
	}
	return nil, last
}

func (r *Router) askOnce(ctx context.Context, leader roster.NodeID, method uint8, body []byte) ([]byte, error) {
	if leader == "" {
		return nil, &roster.Error{Code: roster.CodeUnavailable, Detail: "the shard has no leader"}
	}
	ctx, cancel := context.WithTimeout(ctx, AttemptWithin)
	defer cancel()
	return r.config.Call(ctx, leader, method, body)
}

// Holders lists the other nodes that live and should hold a shard, those first that only
// read there.
func (r *Router) Holders(id roster.ShardID) []roster.NodeID {
	m := r.Map()
	if m == nil {
		return nil
	}
	alive := r.config.Alive()
	var all []roster.NodeID
	for _, s := range m.Shards {
		if s.ID == id {
			all = append(slices.Clone(s.Readers), s.Voters...)
		}
	}
	return slices.DeleteFunc(all, func(n roster.NodeID) bool { return n == r.config.Self || !slices.Contains(alive, n) })
}

// mayKnow lists the nodes that live and may know who leads a shard: who votes by the
// map, and without any of those, all.
func (r *Router) mayKnow(id roster.ShardID) []roster.NodeID {
	m := r.Map()
	if m == nil || r.config.Alive == nil {
		return nil
	}
	alive := slices.DeleteFunc(r.config.Alive(), func(n roster.NodeID) bool { return n == r.config.Self })
	var voters []roster.NodeID
	for _, s := range m.Shards {
		if s.ID == id {
			voters = s.Voters
		}
	}
	voters = slices.DeleteFunc(slices.Clone(voters), func(n roster.NodeID) bool { return !slices.Contains(alive, n) })
	if len(voters) == 0 {
		return alive
	}
	return voters
}
