package node

import (
	"context"

	"roster"
	"roster/fsm"
	"roster/node/sessions"
)

// Session returns a live session from its home shard's leader, or from the local
// replica when that already knows it.
func (n *Node) Session(ctx context.Context, id roster.SessionID) (roster.Session, roster.Stamp, error) {
	if err := id.Validate(); err != nil {
		return roster.Session{}, roster.Stamp{}, err
	}
	home, err := n.router.ShardOf(id.Key())
	if err != nil {
		return roster.Session{}, roster.Stamp{}, err
	}
	g, err := n.ready(ctx, home, roster.Read{Level: roster.ReadLinearizable})
	if err != nil {
		return roster.Session{}, roster.Stamp{}, err
	}
	var s roster.Session
	var known bool
	seen, err := g.View(func(v *fsm.View) error {
		s, known = v.Session(id)
		return nil
	})
	stamp := roster.Stamp{Shard: home, Index: seen.Index, Age: seen.Age}
	switch {
	case err != nil:
	case !known:
		err = roster.Errorf(roster.CodeNotFound, "no session %q", string(id))
	case s.Ended:
		err = sessions.ErrEnded(id)
	}
	return s, stamp, err
}

// RenewSessions restarts the TTL of sessions at the leaders of their home shards.
func (n *Node) RenewSessions(ctx context.Context, ids []roster.SessionID) ([]error, error) {
	return n.sessions.Renew(ctx, ids)
}

// HoldSession keeps a session alive while ctx lives.
func (n *Node) HoldSession(ctx context.Context, id roster.SessionID, held func()) error {
	s, _, err := n.Session(ctx, id)
	if err != nil {
		return err
	}
	return n.sessions.Hold(ctx, s, held)
}
