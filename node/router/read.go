package router

import (
	"context"
	"encoding/binary"

	"roster"
)

// ReadIndex asks the shard's leader for the index that a linearizable read must see.
// Who asks while another node is being asked shares the next question.
func (r *Router) ReadIndex(ctx context.Context, id roster.ShardID) (roster.Index, error) {
	g, err := r.Group(id)
	if err != nil {
		return 0, err
	}
	if leader, _ := g.Leader(); leader == r.config.Self {
		if index, err := g.ReadIndex(ctx); err == nil {
			return index, nil
		}
	}
	round := r.reads.of(id).Join()
	select {
	case <-round.Done():
		return round.Answer()
	case <-ctx.Done():
		return 0, &roster.Error{Code: roster.CodeUnavailable, Shard: id, Detail: "the shard's leader did not answer in time", Cause: context.Cause(ctx)}
	}
}

// askLeader asks until somebody answers for the shard, within RequestDeadline.
func (r *Router) askLeader(ctx context.Context, id roster.ShardID) (roster.Index, error) {
	ctx, cancel := context.WithTimeout(ctx, roster.RequestDeadline)
	defer cancel()
	var hint roster.NodeID
	last := error(&roster.Error{Code: roster.CodeUnavailable, Shard: id, Detail: "no leader for the shard was found in time"})
	for try := (Retry{}); try.Next(ctx, hint != ""); {
		index, err := r.readIndexOnce(ctx, id, hint)
		if err == nil {
			return index, nil
		}
		hint = r.nextHint(id, hint, []Outcome{{err: err}})
		if code := roster.CodeOf(err); code != roster.CodeMoved && code != roster.CodeUnavailable && code != roster.CodeUnknown {
			last = err
			break
		}
	}
	return 0, last
}

func (r *Router) readIndexOnce(ctx context.Context, id roster.ShardID, hint roster.NodeID) (roster.Index, error) {
	ctx, cancel := context.WithTimeout(ctx, AttemptWithin)
	defer cancel()
	g, err := r.Group(id)
	if err != nil {
		return 0, err
	}
	leader := hint
	if leader == "" {
		leader = r.leaderOf(g)
	}
	switch leader {
	case "":
		return 0, &roster.Error{Code: roster.CodeUnavailable, Shard: id, Detail: "the shard has no leader"}
	case r.config.Self:
		return g.ReadIndex(ctx)
	}
	answer, err := r.config.Call(ctx, leader, MethodReadIndex, binary.AppendUvarint(nil, uint64(id)))
	if err != nil {
		return 0, err
	}
	in := reader{b: answer}
	index := roster.Index(in.uvarint())
	return index, in.end()
}

// ServeReadIndex answers another router's ReadIndex, where this node leads.
func (r *Router) ServeReadIndex(ctx context.Context, body []byte) ([]byte, error) {
	in := reader{b: body}
	id := roster.ShardID(in.uvarint())
	if err := in.end(); err != nil {
		return nil, err
	}
	g, err := r.Group(id)
	if err != nil {
		return nil, err
	}
	index, err := g.ReadIndex(ctx)
	if err != nil {
		return nil, err
	}
	return binary.AppendUvarint(nil, uint64(index)), nil
}
