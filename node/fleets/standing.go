package fleets

import (
	"context"
	"encoding/json"

	"roster"
	"roster/acting"
	"roster/fleet"
)

// The methods by which a node takes a member's word of itself to the node that runs it, and
// asks for it there.
const (
	MethodSay      uint8 = 37
	MethodStanding uint8 = 38
)

// said is a word of a member, which the node that sends it has made sure of.
type said struct {
	roster.Actor
	fleet.Standing
}

// itself wants the caller to be an agent, and to prove it.
func (r *Runner) itself(ctx context.Context, id roster.AgentID) (context.Context, context.CancelFunc, error) {
	if claim, claims := acting.From(ctx); !claims || claim.Agent != id {
		return ctx, func() {}, roster.Errorf(roster.CodeDenied, "only %s itself may do that: say so, with its epoch and secret", id)
	}
	return r.Begin(ctx)
}

// Say takes what the member that calls says of itself.
func (r *Runner) Say(ctx context.Context, id roster.AgentID, s fleet.Standing) error {
	if err := s.Validate(); err != nil {
		return err
	}
	ctx, end, err := r.itself(ctx, id)
	defer end()
	if err != nil {
		return err
	}
	record, _, err := r.config.Look(ctx, id, roster.Read{})
	switch {
	case err != nil:
		return err
	case record.Owner.Kind != roster.OwnedByPlacement || record.Node == "":
		return roster.Errorf(roster.CodeConflict, "no node runs %s", id)
	case record.Node == r.config.Router.Self():
		return r.hosting.Say(acting.ActorFrom(ctx), s)
	}
	body, err := json.Marshal(said{acting.ActorFrom(ctx), s})
	if err != nil {
		return err
	}
	_, err = r.config.Call(ctx, record.Node, MethodSay, body)
	return err
}

func (r *Runner) serveSay(body []byte) ([]byte, error) {
	var s said
	if err := json.Unmarshal(body, &s); err != nil {
		return nil, roster.Invalid("body", "%s", err)
	}
	return nil, r.hosting.Say(s.Actor, s.Standing)
}

// Standing returns what a member has last said of itself on its node.
func (r *Runner) Standing(ctx context.Context, id roster.AgentID) (s fleet.Said, err error) {
	ctx, end, err := r.Begin(ctx)
	defer end()
	if err != nil {
		return s, err
	}
	record, _, err := r.config.Look(ctx, id, roster.Read{})
	switch {
	case err != nil:
		return s, err
	case record.Owner.Kind != roster.OwnedByPlacement || record.Node == "":
		return s, roster.Errorf(roster.CodeNotFound, "%s runs on no node at the moment", id)
	case record.Node == r.config.Router.Self():
		return r.hosting.Standing(id)
	}
	b, err := r.config.Call(ctx, record.Node, MethodStanding, []byte(id))
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(b, &s)
}

func (r *Runner) serveStanding(body []byte) ([]byte, error) {
	s, err := r.hosting.Standing(roster.AgentID(body))
	if err != nil {
		return nil, err
	}
	return json.Marshal(s)
}
