package post

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"

	"roster"
	"roster/acting"
)

// Prove returns nil if the caller is the agent that it claims to be, in its present
// activation: Denied if not, Conflict for an activation that was
// replaced or never was.
func (p *Post) Prove(ctx context.Context, c acting.Claim) error {
	if err := c.Agent.Validate(); err != nil {
		return err
	}
	ctx, cancel := within(ctx)
	defer cancel()
	return p.there(ctx, c.Agent, func(ctx context.Context, f found) error {
		switch {
		case c.Epoch < f.Epoch:
			return roster.Errorf(roster.CodeConflict, "%s acts under epoch %d, but lives under %d: it was replaced", c.Agent, c.Epoch, f.Epoch)
		case c.Epoch > f.Epoch && f.sure:
			return roster.Errorf(roster.CodeConflict, "%s has no activation of epoch %d", c.Agent, c.Epoch)
		case c.Epoch > f.Epoch: // this replica may be behind
			return roster.Errorf(roster.CodeUnavailable, "%s lives under epoch %d here, not %d", c.Agent, f.Epoch, c.Epoch)
		case f.Owner.Kind != roster.OwnedByPlacement:
			return registered(f.Record, c.Secret)
		case f.home == p.config.Self:
			return p.proveHere(proving{c.Actor, c.Secret})
		}
		_, err := ask[bool](ctx, p, f.home, MethodProve, proving{c.Actor, c.Secret})
		return err
	})
}

type proving struct {
	roster.Actor
	Secret string
}

func (p *Post) proveHere(c proving) error {
	if !p.config.Proves(c.Actor, c.Secret) {
		return roster.Errorf(roster.CodeDenied, "this is not the secret of %s under epoch %d", c.Agent, c.Epoch)
	}
	return nil
}

// registered checks the secret of an agent that runs itself.
func registered(r *roster.Record, secret string) error {
	if r.SecretHash == "" {
		return roster.Errorf(roster.CodeDenied, "%s was registered without a secret: nobody can act as it", r.ID)
	}
	sum := sha256.Sum256([]byte(secret))
	if subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(r.SecretHash)) != 1 {
		return roster.Errorf(roster.CodeDenied, "this is not the secret of %s", r.ID)
	}
	return nil
}

// caller wants the caller to be an agent, proved.
func (p *Post) caller(ctx context.Context, id roster.AgentID) error {
	claim, ok := acting.From(ctx)
	if !ok || claim.Agent != id {
		return roster.Errorf(roster.CodeDenied, "only %s itself may do that: say so, with its epoch and secret", id)
	}
	return p.Prove(ctx, claim)
}
