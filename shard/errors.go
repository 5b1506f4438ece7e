package shard

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/raft"

	"roster"
)

// retryAfter is when a caller whom the queue refused should come back: the time of
// a few entries.
const retryAfter = 50 * time.Millisecond

// moved says that this node does not lead, and who does, if that is known. Nothing
// was executed.
func (g *Group) moved() error {
	leader, _ := g.Leader()
	detail := "node " + string(g.config.Node) + " does not lead shard " + g.id.String()
	if leader == g.config.Node {
		leader, detail = "", detail+" yet"
	}
	return &roster.Error{Code: roster.CodeMoved, Detail: detail, Shard: g.id, Leader: leader}
}

func (g *Group) unavailable(why string, cause error) error {
	return &roster.Error{Code: roster.CodeUnavailable, Detail: "shard " + g.id.String() + ": " + why, Shard: g.id, Cause: cause}
}

func (g *Group) unknown(why string, cause error) error {
	return &roster.Error{Code: roster.CodeUnknown, Detail: "shard " + g.id.String() + ": " + why, Shard: g.id, Cause: cause}
}

func (g *Group) overloaded() error {
	return &roster.Error{Code: roster.CodeOverloaded, Detail: "shard " + g.id.String() + ": the queue of writes is full", Shard: g.id, RetryAfter: retryAfter}
}

// fate maps what Raft says of an entry: only what certainly never entered the log
// may be called not executed.
func (g *Group) fate(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, raft.ErrNotLeader):
		return g.moved()
	case errors.Is(err, raft.ErrLeadershipTransferInProgress):
		return g.unavailable("leadership is being handed over", err)
	case errors.Is(err, raft.ErrEnqueueTimeout), errors.Is(err, raft.ErrAbortedByRestore):
		return g.unavailable("the write was not begun", err)
	}
	return g.unknown("the write may have been executed", err)
}

// late maps the end of a waiting reader's context.
func (g *Group) late(what string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return g.unavailable(what, err)
	}
	return err
}
