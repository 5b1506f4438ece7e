package gate

import (
	"context"
	"io"

	"roster"
	"roster/access"
)

// Session shows a session.
func (g *Gate) Session(ctx context.Context, id roster.SessionID) (roster.Session, roster.Stamp, error) {
	if err := maySession(ctx, access.Read, id); err != nil {
		return roster.Session{}, roster.Stamp{}, err
	}
	return g.service.Session(ctx, id)
}

// RenewSessions judges each id.
func (g *Gate) RenewSessions(ctx context.Context, ids []roster.SessionID) ([]error, error) {
	faults := make([]error, len(ids))
	var passed []roster.SessionID
	var at []int
	for i, id := range ids {
		if faults[i] = maySession(ctx, access.Write, id); faults[i] == nil {
			passed, at = append(passed, id), append(at, i)
		}
	}
	if len(passed) == 0 && len(ids) > 0 {
		return faults, nil
	}
	answers, err := g.service.RenewSessions(ctx, passed)
	for i, answer := range answers {
		faults[at[i]] = answer
	}
	return faults, err
}

// HoldSession lets a hold pass. Who serves it ends it when the right ends.
func (g *Gate) HoldSession(ctx context.Context, id roster.SessionID, held func()) error {
	if err := maySession(ctx, access.Write, id); err != nil {
		return err
	}
	return g.service.HoldSession(ctx, id, held)
}

// known refuses who has no token. What the cluster is like is no secret to who has one.
func known(ctx context.Context) error {
	if _, ok := access.From(ctx); !ok {
		return access.Check(ctx, access.Read, "")
	}
	return nil
}

// Members lists the nodes to who has a token.
func (g *Gate) Members(ctx context.Context) ([]roster.Member, error) {
	if err := known(ctx); err != nil {
		return nil, err
	}
	return g.service.Members(ctx)
}

// Shards lists the shards to who has a token.
func (g *Gate) Shards(ctx context.Context) ([]roster.ShardStatus, error) {
	if err := known(ctx); err != nil {
		return nil, err
	}
	return g.service.Shards(ctx)
}

// Status describes the node to who has a token.
func (g *Gate) Status(ctx context.Context) (roster.NodeStatus, error) {
	if err := known(ctx); err != nil {
		return roster.NodeStatus{}, err
	}
	return g.service.Status(ctx)
}

// Ready tells everybody which checks hold, and the details, which name nodes and shards,
// to who has a token.
func (g *Gate) Ready(ctx context.Context) ([]roster.Check, error) {
	checks, err := g.service.Ready(ctx)
	if known(ctx) == nil {
		return checks, err
	}
	terse := make([]roster.Check, len(checks))
	for i, check := range checks {
		terse[i] = roster.Check{Name: check.Name, OK: check.OK}
	}
	return terse, err
}

// Join is for who looks after the cluster.
func (g *Gate) Join(ctx context.Context, addresses []string) (int, error) {
	if err := administers(ctx); err != nil {
		return 0, err
	}
	return g.service.Join(ctx, addresses)
}

// Leave is for who looks after the cluster.
func (g *Gate) Leave(ctx context.Context, force bool) error {
	if err := administers(ctx); err != nil {
		return err
	}
	return g.service.Leave(ctx, force)
}

// Drain is for who looks after the cluster.
func (g *Gate) Drain(ctx context.Context, id roster.NodeID, on bool) error {
	if err := administers(ctx); err != nil {
		return err
	}
	return g.service.Drain(ctx, id, on)
}

// ForceLeave is for who looks after the cluster.
func (g *Gate) ForceLeave(ctx context.Context, id roster.NodeID) error {
	if err := administers(ctx); err != nil {
		return err
	}
	return g.service.ForceLeave(ctx, id)
}

// Prune is for who looks after the cluster.
func (g *Gate) Prune(ctx context.Context, id roster.NodeID) error {
	if err := administers(ctx); err != nil {
		return err
	}
	return g.service.Prune(ctx, id)
}

// Moves is for who looks after the cluster.
func (g *Gate) Moves(ctx context.Context) (roster.MovePlan, error) {
	if err := administers(ctx); err != nil {
		return roster.MovePlan{}, err
	}
	return g.service.Moves(ctx)
}

// PauseMoves is for who looks after the cluster.
func (g *Gate) PauseMoves(ctx context.Context, paused bool) error {
	if err := administers(ctx); err != nil {
		return err
	}
	return g.service.PauseMoves(ctx, paused)
}

// SetLayout is for who looks after the cluster.
func (g *Gate) SetLayout(ctx context.Context, l roster.Layout) error {
	if err := administers(ctx); err != nil {
		return err
	}
	return g.service.SetLayout(ctx, l)
}

// MigrateStore is for who looks after the cluster.
func (g *Gate) MigrateStore(ctx context.Context, to string) (roster.StoreMoves, error) {
	if err := administers(ctx); err != nil {
		return roster.StoreMoves{}, err
	}
	return g.service.MigrateStore(ctx, to)
}

// Backup is for who looks after the cluster.
func (g *Gate) Backup(ctx context.Context, w io.Writer) error {
	if err := administers(ctx); err != nil {
		return err
	}
	return g.service.Backup(ctx, w)
}

// Keyring is for who looks after the cluster.
func (g *Gate) Keyring(ctx context.Context, c roster.KeyChange) (roster.Keyring, error) {
	if err := administers(ctx); err != nil {
		return roster.Keyring{}, err
	}
	return g.service.Keyring(ctx, c)
}

// Tokens is for who looks after the cluster.
func (g *Gate) Tokens(ctx context.Context) ([]roster.AccessToken, error) {
	if err := administers(ctx); err != nil {
		return nil, err
	}
	return g.service.Tokens(ctx)
}

// CreateToken is for who looks after the cluster: he may give out what he has, which is
// everything.
func (g *Gate) CreateToken(ctx context.Context, t roster.NewToken) (roster.AccessToken, string, error) {
	if err := administers(ctx); err != nil {
		return roster.AccessToken{}, "", err
	}
	return g.service.CreateToken(ctx, t)
}

// RevokeToken is for who looks after the cluster.
func (g *Gate) RevokeToken(ctx context.Context, id string) error {
	if err := administers(ctx); err != nil {
		return err
	}
	return g.service.RevokeToken(ctx, id)
}
