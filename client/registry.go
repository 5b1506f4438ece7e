package client

import (
	"context"
	"net/http"
	"net/url"

	"roster"
	"roster/client/params"
)

// Register enters or replaces an agent.
func (c *Client) Register(ctx context.Context, r roster.Register) (roster.Change, roster.Stamp, error) {
	r.Agent = r.Agent.Canonical()
	return c.change(ctx, r)
}

// Deregister takes an agent off the roll.
func (c *Client) Deregister(ctx context.Context, d roster.Deregister) (roster.Change, roster.Stamp, error) {
	return c.change(ctx, d)
}

// Lookup returns one agent, or NotFound.
func (c *Client) Lookup(ctx context.Context, id roster.AgentID, r roster.Read) (*roster.Record, roster.Stamp, error) {
	if err := id.Validate(); err != nil {
		return nil, roster.Stamp{}, err // it would not make a path of the API
	}
	query := url.Values{}
	params.Read(query, r)
	record, stamp, err := send[*roster.Record](ctx, c, call{
		policy: policy{what: "lookup"}, method: http.MethodGet, path: agentPath(id), query: query,
	})
	if err != nil {
		return nil, stamp, err
	}
	return record, stamp, nil
}

// LookupBatch returns up to BatchMax agents in the order of ids.
func (c *Client) LookupBatch(ctx context.Context, ids []roster.AgentID, r roster.Read) ([]roster.LookupResult, roster.Stamp, error) {
	type body struct {
		IDs []roster.AgentID `json:"ids"`
	}
	type results struct {
		Results []roster.LookupResult `json:"results"`
		Token   roster.Token          `json:"token"`
	}
	if ids == nil {
		ids = []roster.AgentID{}
	}
	query := url.Values{}
	params.Read(query, r)
	got, stamp, err := send[results](ctx, c, withBody(call{
		policy: policy{what: "lookup"}, method: http.MethodPost, path: "/v1/agents:lookup", query: query,
	}, body{ids}))
	if stamp.Token == "" {
		stamp.Token = got.Token
	}
	return got.Results, stamp, err
}

// Find returns one page of what q selects.
func (c *Client) Find(ctx context.Context, q roster.Query) (roster.Page, error) {
	if err := params.OwnScope(q); err != nil {
		return roster.Page{}, err
	}
	query := params.Of(q)
	params.Read(query, q.Read)
	params.Page(query, q)
	path := "/v1/agents:find"
	if q.AnyHealth {
		path = "/v1/agents"
	}
	page, stamp, err := send[roster.Page](ctx, c, call{policy: policy{what: "find"}, method: http.MethodGet, path: path, query: query})
	if err != nil {
		return roster.Page{}, err
	}
	page.Stamp = stamp
	if page.Stamp.Token == "" {
		page.Stamp.Token = page.Token
	}
	return page, nil
}

func agentPath(id roster.AgentID) string {
	return "/v1/agents/" + url.PathEscape(id.Namespace()) + "/" + url.PathEscape(id.Name())
}
