package memservice

import (
	"context"

	"roster"
	"roster/acting"
	"roster/fleet"
)

// State finds nothing: nobody runs here, so nobody keeps anything.
func (s *Service) State(_ context.Context, id roster.AgentID, _ roster.Read) (fleet.Saved, roster.Stamp, error) {
	if err := id.Validate(); err != nil {
		return fleet.Saved{}, roster.Stamp{}, err
	}
	return fleet.Saved{}, roster.Stamp{}, roster.Errorf(roster.CodeNotFound, "%s keeps nothing", id)
}

// itself wants the caller to be an agent, and to prove it.
func (s *Service) itself(ctx context.Context, id roster.AgentID) error {
	claim, claims := acting.From(ctx)
	if !claims || claim.Agent != id {
		return roster.Errorf(roster.CodeDenied, "only %s itself may do that: say so, with its epoch and secret", id)
	}
	return s.post.Prove(ctx, claim)
}

// Save refuses: no fleet runs who proves itself here.
func (s *Service) Save(ctx context.Context, id roster.AgentID, state []byte) (roster.Stamp, error) {
	if err := s.itself(ctx, id); err != nil {
		return roster.Stamp{}, err
	}
	if len(state) > fleet.StateMax {
		return roster.Stamp{}, &roster.Error{Code: roster.CodeTooLarge, Field: "state", Detail: fleet.StateTooLarge}
	}
	return roster.Stamp{}, roster.Errorf(roster.CodeNotFound, "no fleet runs %s", id)
}

// Say refuses likewise.
func (s *Service) Say(ctx context.Context, id roster.AgentID, x fleet.Standing) error {
	if err := x.Validate(); err != nil {
		return err
	}
	if err := s.itself(ctx, id); err != nil {
		return err
	}
	return roster.Errorf(roster.CodeConflict, "no node runs %s", id)
}

// Standing finds nothing: nobody runs here.
func (s *Service) Standing(_ context.Context, id roster.AgentID) (fleet.Said, error) {
	if err := id.Validate(); err != nil {
		return fleet.Said{}, err
	}
	return fleet.Said{}, roster.Errorf(roster.CodeNotFound, "%s runs on no node at the moment", id)
}
