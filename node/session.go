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
	s, known, stamp, err := n.sessionAt(ctx, home, id)
	switch {
	case err != nil:
	case !known:
		err = roster.Errorf(roster.CodeNotFound, "no session %q", string(id))
	case s.Ended:
		err = sessions.ErrEnded(id)
	}
	return s, stamp, err
}

// sessionAt reads a session from the replica of its home shard, here or at a holder.
func (n *Node) sessionAt(ctx context.Context, home roster.ShardID, id roster.SessionID) (s roster.Session, known bool, _ roster.Stamp, err error) {
	if n.away(home) {
		found, seen, err := n.afar.Session(ctx, home, id)
		if found != nil {
			s, known = *found, true
		}
		return s, known, roster.Stamp{Shard: home, Index: seen.Index, Age: seen.Age, Node: seen.Node}, err
	}
	g, err := n.ready(ctx, home, roster.Read{Level: roster.ReadLinearizable})
	if err != nil {
		return s, false, roster.Stamp{}, err
	}
	seen, err := g.View(func(v *fsm.View) error {
		s, known = v.Session(id)
		return nil
	})
	return s, known, roster.Stamp{Shard: home, Index: seen.Index, Age: seen.Age}, err
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
