package gate

import (
	"context"
	"slices"

	"roster"
	"roster/access"
	"roster/fleet"
)

// Fleets is a fleet.Service behind a gate. Make one with NewFleets.
type Fleets struct{ service fleet.Service }

var _ fleet.Service = (*Fleets)(nil)

// NewFleets returns s behind a gate.
func NewFleets(s fleet.Service) *Fleets { return &Fleets{s} }

// Fleet shows a fleet to who may read in its namespace.
func (g *Fleets) Fleet(ctx context.Context, id fleet.ID, r roster.Read) (fleet.State, roster.Stamp, error) {
	if err := access.Check(ctx, access.Read, id.Namespace()); err != nil {
		return fleet.State{}, roster.Stamp{}, err
	}
	return g.service.Fleet(ctx, id, r)
}

// Fleets shows the fleets that the caller may read.
func (g *Fleets) Fleets(ctx context.Context, namespaces string) ([]fleet.State, error) {
	caller, ok := access.From(ctx)
	if !ok {
		return nil, access.Check(ctx, access.Read, "")
	}
	scope := caller.Policy.Scope(access.Read)
	if len(scope) == 0 {
		return nil, access.Check(ctx, access.Read, "")
	}
	all, err := g.service.Fleets(ctx, namespaces)
	return slices.DeleteFunc(all, func(s fleet.State) bool {
		return !slices.ContainsFunc(scope, func(pattern string) bool { return roster.MatchNamespace(pattern, s.ID.Namespace()) })
	}), err
}

// Explain explains a member to who may read in its namespace.
func (g *Fleets) Explain(ctx context.Context, id roster.AgentID) (fleet.Explanation, error) {
	if err := may(ctx, access.Read, id); err != nil {
		return fleet.Explanation{}, err
	}
	return g.service.Explain(ctx, id)
}

// Loads shows the nodes to who has a token.
func (g *Fleets) Loads(ctx context.Context) ([]fleet.NodeLoad, error) {
	if err := known(ctx); err != nil {
		return nil, err
	}
	return g.service.Loads(ctx)
}

// State shows what a member keeps to who may write in its namespace: it is the member's own.
func (g *Fleets) State(ctx context.Context, id roster.AgentID, r roster.Read) (fleet.Saved, roster.Stamp, error) {
	if err := may(ctx, access.Write, id); err != nil {
		return fleet.Saved{}, roster.Stamp{}, err
	}
	return g.service.State(ctx, id, r)
}

// Save lets who may write in its namespace be a member; it is the service that asks for the
// proof.
func (g *Fleets) Save(ctx context.Context, id roster.AgentID, state []byte) (roster.Stamp, error) {
	if err := may(ctx, access.Write, id); err != nil {
		return roster.Stamp{}, err
	}
	return g.service.Save(ctx, id, state)
}

// Say is judged as Save.
func (g *Fleets) Say(ctx context.Context, id roster.AgentID, s fleet.Standing) error {
	if err := may(ctx, access.Write, id); err != nil {
		return err
	}
	return g.service.Say(ctx, id, s)
}

// Standing shows how a member is to who may read in its namespace.
func (g *Fleets) Standing(ctx context.Context, id roster.AgentID) (fleet.Said, error) {
	if err := may(ctx, access.Read, id); err != nil {
		return fleet.Said{}, err
	}
	return g.service.Standing(ctx, id)
}

// Output shows what a member has printed to who may write in its namespace: programs print
// what not every reader should see.
func (g *Fleets) Output(ctx context.Context, id roster.AgentID, most int) (fleet.Output, error) {
	if err := may(ctx, access.Write, id); err != nil {
		return fleet.Output{}, err
	}
	return g.service.Output(ctx, id, most)
}
