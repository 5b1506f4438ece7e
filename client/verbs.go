package client

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"

	"roster"
)

// Update changes the parts of an agent that u names.
func (c *Client) Update(ctx context.Context, u roster.Update) (roster.Change, roster.Stamp, error) {
	return c.change(ctx, u)
}

// Patch applies an RFC 7396 merge patch to an agent: Stale when ifMatch is neither
// zero nor its revision.
func (c *Client) Patch(ctx context.Context, id roster.AgentID, patch json.RawMessage, ifMatch roster.Index) (*roster.Record, roster.Stamp, error) {
	if err := id.Validate(); err != nil {
		return nil, roster.Stamp{}, err
	}
	if !json.Valid(patch) {
		return nil, roster.Stamp{}, roster.Invalid("patch", "is not JSON")
	}
	request, end := c.requestOf(ctx, 1)
	defer end()
	record, stamp, err := send[*roster.Record](ctx, c, call{
		policy: policy{write: true, what: "patch"}, method: http.MethodPatch, path: agentPath(id),
		body: patch, kind: "application/merge-patch+json", request: request, ifMatch: ifMatch,
	})
	if err != nil {
		return nil, stamp, err
	}
	return record, stamp, nil
}

// SetHealth reports how an agent is.
func (c *Client) SetHealth(ctx context.Context, id roster.AgentID, health roster.Health) (roster.Change, roster.Stamp, error) {
	return c.change(ctx, roster.SetHealth{ID: id, Health: health})
}

// All walks every agent that q selects, page by page. The pages are not one moment,
// but an agent that is there and unchanged throughout comes once. It yields one
// error and ends when a page cannot be had.
func (c *Client) All(ctx context.Context, q roster.Query) iter.Seq2[*roster.Record, error] {
	return func(yield func(*roster.Record, error) bool) {
		for {
			page, err := c.Find(ctx, q)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, record := range page.Agents {
				if !yield(record, nil) {
					return
				}
			}
			if page.Cursor == "" {
				return
			}
			q.Cursor = page.Cursor
		}
	}
}
