package acting

import (
	"context"

	"roster"
)

// Claim says that the caller is an agent, and what proves it.
type Claim struct {
	roster.Actor
	// Secret is what the activation was given by its node, or the registration set.
	Secret string
}

type (
	claimKey struct{}
	actorKey struct{}
)

// With returns a context in which the caller claims to be an agent.
func With(ctx context.Context, c Claim) context.Context {
	return context.WithValue(ctx, claimKey{}, c)
}

// From returns what the caller claims, if anything.
func From(ctx context.Context) (Claim, bool) {
	c, ok := ctx.Value(claimKey{}).(Claim)
	return c, ok
}

// As returns a context whose operations are those of an agent: only for who has proved it.
func As(ctx context.Context, a roster.Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorFrom returns the agent whose operations those of ctx are; the zero Actor is nobody.
func ActorFrom(ctx context.Context) roster.Actor {
	a, _ := ctx.Value(actorKey{}).(roster.Actor)
	return a
}
