package client

import (
	"cmp"
	"context"
	"net/url"
	"strconv"

	"roster"
	"roster/client/params"
	"roster/fleet"
)

var _ fleet.Service = (*Client)(nil)

// Fleet returns one fleet with its members counted.
func (c *Client) Fleet(ctx context.Context, id fleet.ID, r roster.Read) (fleet.State, roster.Stamp, error) {
	if err := id.Validate(); err != nil {
		return fleet.State{}, roster.Stamp{}, err
	}
	return send[fleet.State](ctx, c, reading("/v1/fleets/"+string(id), r))
}

// Fleets lists the fleets of the namespaces that a pattern names.
func (c *Client) Fleets(ctx context.Context, namespaces string) ([]fleet.State, error) {
	q := get("/v1/fleets")
	q.query = url.Values{"namespace": {namespaces}}
	got, _, err := send[struct{ Fleets []fleet.State }](ctx, c, q)
	return got.Fleets, err
}

// Explain says why a member of a fleet is where it is.
func (c *Client) Explain(ctx context.Context, id roster.AgentID) (fleet.Explanation, error) {
	if err := id.Validate(); err != nil {
		return fleet.Explanation{}, err
	}
	x, _, err := send[fleet.Explanation](ctx, c, get(agentPath(id)+"/explain"))
	return x, err
}

// Output returns the end of what a member of a fleet has printed on its node.
func (c *Client) Output(ctx context.Context, id roster.AgentID, most int) (fleet.Output, error) {
	if err := id.Validate(); err != nil {
		return fleet.Output{}, err
	}
	q := get(agentPath(id) + "/output")
	q.query = url.Values{"bytes": {strconv.Itoa(most)}}
	out, _, err := send[fleet.Output](ctx, c, q)
	return out, err
}

// Loads tells what the nodes have for agents, and how much of it is taken.
func (c *Client) Loads(ctx context.Context) ([]fleet.NodeLoad, error) {
	got, _, err := send[struct{ Loads []fleet.NodeLoad }](ctx, c, get("/v1/loads"))
	return got.Loads, err
}

// State returns what a member of a fleet keeps for its next activation.
func (c *Client) State(ctx context.Context, id roster.AgentID, r roster.Read) (fleet.Saved, roster.Stamp, error) {
	if err := id.Validate(); err != nil {
		return fleet.Saved{}, roster.Stamp{}, err
	}
	return send[fleet.Saved](ctx, c, reading(agentPath(id)+"/state", r))
}

// Save keeps bytes for the next activation of the caller, a member of a fleet (acting.With).
func (c *Client) Save(ctx context.Context, id roster.AgentID, state []byte) (roster.Stamp, error) {
	if err := id.Validate(); err != nil {
		return roster.Stamp{}, err
	}
	return c.exchange(ctx, withBody(put("save", agentPath(id)+"/state"), map[string][]byte{"state": state}), nil)
}

// Say reports how the caller, a member of a fleet, is.
func (c *Client) Say(ctx context.Context, id roster.AgentID, s fleet.Standing) error {
	if err := cmp.Or(id.Validate(), s.Validate()); err != nil {
		return err
	}
	_, err := c.exchange(ctx, withBody(put("say", agentPath(id)+"/standing"), s), nil)
	return err
}

// Standing returns what a member of a fleet has last said of itself.
func (c *Client) Standing(ctx context.Context, id roster.AgentID) (fleet.Said, error) {
	if err := id.Validate(); err != nil {
		return fleet.Said{}, err
	}
	s, _, err := send[fleet.Said](ctx, c, get(agentPath(id)+"/standing"))
	return s, err
}

// reading is a call whose answer is to be so fresh.
func reading(path string, r roster.Read) call {
	q := get(path)
	q.query = url.Values{}
	params.Read(q.query, r)
	return q
}

// put is a call that may be sent again: it says the same.
func put(what, path string) call {
	return call{policy: policy{what: what, write: true}, method: "PUT", path: path}
}

// ChangeFleet carries out fleet.Set, fleet.Scale or fleet.Drop.
func (c *Client) ChangeFleet(ctx context.Context, command roster.Command) (fleet.Change, roster.Stamp, error) {
	result, stamp, err := c.Do(ctx, command)
	change, _ := result.Value.(fleet.Change)
	return change, stamp, err
}
