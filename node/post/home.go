package post

import (
	"context"
	"time"

	"roster"
)

// home returns the node that has the mailbox of an agent.
func (p *Post) home(r *roster.Record) (roster.NodeID, error) {
	if r.Owner.Kind != roster.OwnedByPlacement {
		if leader := p.config.Leader(r.Shard); leader != "" {
			return leader, nil
		}
		return "", roster.Errorf(roster.CodeUnavailable, "nobody leads the shard of %s at the moment", r.ID)
	}
	switch r.Status {
	case roster.StatusStopped, roster.StatusRetiring:
		return "", roster.Errorf(roster.CodeRefused, "%s has stopped", r.ID)
	}
	if r.Node == "" {
		return "", &roster.Error{Code: roster.CodeUnavailable, RetryAfter: time.Second, Detail: string(r.ID) + " has no node at the moment"}
	}
	return r.Node, nil
}

// found is an agent, where its mailbox is, and what a replica must have applied to see it so.
type found struct {
	*roster.Record
	home roster.NodeID
	sure bool // the replica that was looked at had all that was acknowledged before
}

// after returns the read by which another replica sees at least what this one saw.
func (f found) after() roster.Token {
	return roster.Token(roster.Position{}.Advance(f.Shard, f.Revision).Encode())
}

// find looks for an agent and its mailbox.
func (p *Post) find(ctx context.Context, id roster.AgentID, read roster.Read) (f found, err error) {
	if f.Record, _, err = p.config.Look(ctx, id, read); err != nil {
		return f, err
	}
	f.sure = read.Level == roster.ReadLinearizable
	f.home, err = p.home(f.Record)
	return f, err
}

// mine finds an agent whose mailbox is to be here, as who asks has seen it or later. Moved
// when it is not.
func (p *Post) mine(ctx context.Context, id roster.AgentID, after roster.Token) (found, error) {
	read := roster.Read{}
	if after != "" {
		read = roster.Read{Level: roster.ReadFresh, After: after}
	}
	f, err := p.find(ctx, id, read)
	switch {
	case err != nil:
		return f, err
	case f.home != p.config.Self:
		return f, roster.Errorf(roster.CodeMoved, "the mailbox of %s is not on node %s", id, p.config.Self)
	case f.Owner.Kind == roster.OwnedByPlacement && !p.config.Held():
		return f, &roster.Error{Code: roster.CodeUnavailable, RetryAfter: time.Second, Detail: "node " + string(p.config.Self) + " may be taken for dead: no agent runs there"}
	}
	return f, nil
}

// there calls do with an agent and the node of its mailbox, again when that was not it,
// until ctx ends.
func (p *Post) there(ctx context.Context, id roster.AgentID, do func(context.Context, found) error) error {
	return p.reach(ctx, id, roster.Read{}, do)
}

// reach is there by a read of some level at first.
func (p *Post) reach(ctx context.Context, id roster.AgentID, read roster.Read, do func(context.Context, found) error) error {
	pause := 10 * time.Millisecond
	for try := 1; ; try++ {
		f, err := p.find(ctx, id, read)
		if err == nil {
			err = do(ctx, f)
		}
		unknown := roster.CodeOf(err) == roster.CodeNotFound && read.Level == "" // here, as yet
		if !again(err) && !unknown || try == triesMax || !wait(ctx, pause) {
			return err
		}
		read, pause = roster.Read{Level: roster.ReadLinearizable}, min(2*pause, time.Second)
	}
}

// within gives a call its deadline, unless ctx has an earlier one.
func within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, roster.RequestDeadline)
}

// wait reports whether d has passed before ctx ended.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// again reports whether an error passes when an agent has been found anew.
func again(err error) bool {
	switch roster.CodeOf(err) {
	case roster.CodeMoved, roster.CodeUnavailable, roster.CodeUnknown:
		return true
	}
	return false
}
