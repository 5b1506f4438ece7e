package fleets

import (
	"context"
	"encoding/json"
	"strings"

	"roster"
	"roster/fleet"
	"roster/node/router"
)

// MethodOutput is the method by which a node asks for what an agent has printed.
const MethodOutput uint8 = 17

// printed is what is asked for.
type printed struct {
	Agent roster.AgentID
	Most  int
}

// Output returns the end of what a member has printed on its node.
func (r *Runner) Output(ctx context.Context, id roster.AgentID, most int) (out fleet.Output, err error) {
	if most < 1 || most > fleet.OutputMax {
		return out, roster.Invalid("bytes", "%d; want 1 to %d", most, fleet.OutputMax)
	}
	ctx, cancel := router.WithDeadline(ctx)
	defer cancel()
	record, _, err := r.config.Look(ctx, id, roster.Read{})
	if err != nil {
		return out, err
	}
	out = fleet.Output{Agent: id, Node: record.Node}
	switch {
	case record.Owner.Kind != roster.OwnedByPlacement || record.Node == "":
		return out, roster.Errorf(roster.CodeNotFound, "%s runs on no node at the moment", id)
	case record.Node == r.config.Router.Self():
		out.Text, err = r.outputHere(printed{id, most})
		return out, err
	}
	body, err := json.Marshal(printed{id, most})
	if err != nil {
		return out, err
	}
	b, err := r.config.Call(ctx, record.Node, MethodOutput, body)
	out.Text = string(b)
	return out, err
}

func (r *Runner) outputHere(p printed) (string, error) {
	if r.config.Agents.Output == nil {
		return "", roster.Errorf(roster.CodeRefused, "this node keeps no output of agents")
	}
	b, err := r.config.Agents.Output(p.Agent, min(p.Most, fleet.OutputMax))
	return strings.ToValidUTF8(string(b), "\uFFFD"), err
}

func (r *Runner) serveOutput(body []byte) ([]byte, error) {
	var p printed
	if err := json.Unmarshal(body, &p); err != nil {
		return nil, roster.Invalid("output", "%v", err)
	}
	if err := p.Agent.Validate(); err != nil {
		return nil, err
	}
	text, err := r.outputHere(p)
	return []byte(text), err
}
