package client

import (
	"context"
	"io"
	"net/http"
	"net/url"

	"roster"
	"roster/client/stream"
)

// Members returns the nodes as the answering node sees them.
func (c *Client) Members(ctx context.Context) ([]roster.Member, error) {
	got, _, err := send[struct{ Members []roster.Member }](ctx, c, get("/v1/members"))
	return got.Members, err
}

// Shards returns the shards as the answering node sees them.
func (c *Client) Shards(ctx context.Context) ([]roster.ShardStatus, error) {
	got, _, err := send[struct{ Shards []roster.ShardStatus }](ctx, c, get("/v1/shards"))
	return got.Shards, err
}

// Status returns the answering node in a few words.
func (c *Client) Status(ctx context.Context) (roster.NodeStatus, error) {
	status, _, err := send[roster.NodeStatus](ctx, c, get("/v1/status"))
	return status, err
}

// Ready lists what stands between the first of the addresses and service. It asks
// no other node, for whose readiness nobody asked.
func (c *Client) Ready(ctx context.Context) ([]roster.Check, error) {
	r := get("/readyz")
	r.pinned = true
	r.query = url.Values{"verbose": {"true"}}
	// Not ready is an answer like any other, if it lists checks.
	r.accept = func(status int) bool { return status == http.StatusOK || status == http.StatusServiceUnavailable }
	got, _, err := send[struct {
		Checks []roster.Check `json:"checks"`
	}](ctx, c, r)
	if err == nil && got.Checks == nil {
		err = roster.Errorf(roster.CodeUnavailable, "%s is starting and lists no checks yet", c.bases[0])
	}
	return got.Checks, err
}

// Join makes the node at the first of the addresses meet the cluster at addresses.
// It is sent to no other node.
func (c *Client) Join(ctx context.Context, addresses []string) (int, error) {
	type body struct {
		Addresses []string `json:"addresses"`
	}
	addresses = append([]string{}, addresses...) // a list, also when it is empty
	got, _, err := send[struct{ Joined int }](ctx, c, withBody(post("/v1/join", "join"), body{addresses}))
	return got.Joined, err
}

// Leave takes the node at the first of the addresses out of the cluster. It is sent
// to no other node.
func (c *Client) Leave(ctx context.Context, force bool) error {
	type body struct {
		Force bool `json:"force"`
	}
	_, err := c.exchange(ctx, withBody(post("/v1/leave", "leave"), body{force}), nil)
	return err
}

// Drain takes every vote off a node, or lets it vote again; it returns at once, and Moves
// shows how far that is.
func (c *Client) Drain(ctx context.Context, id roster.NodeID, on bool) error {
	verb := "/drain"
	if !on {
		verb = "/undrain"
	}
	return c.onNode(ctx, id, verb)
}

// ForceLeave takes out a node that is gone for good.
func (c *Client) ForceLeave(ctx context.Context, id roster.NodeID) error {
	return c.onNode(ctx, id, "/force-leave")
}

// Prune forgets a node that has left, and lets it in never again.
func (c *Client) Prune(ctx context.Context, id roster.NodeID) error {
	return c.onNode(ctx, id, "/prune")
}

func (c *Client) onNode(ctx context.Context, id roster.NodeID, verb string) error {
	_, err := c.exchange(ctx, post("/v1/nodes/"+url.PathEscape(string(id))+verb, verb[1:]), nil)
	return err
}

// Moves says which voters are moving, which are to move, and why.
func (c *Client) Moves(ctx context.Context) (roster.MovePlan, error) {
	plan, _, err := send[roster.MovePlan](ctx, c, get("/v1/rebalance"))
	return plan, err
}

// PauseMoves stops what moves voters, or lets it go on.
func (c *Client) PauseMoves(ctx context.Context, paused bool) error {
	type body struct {
		Paused bool `json:"paused"`
	}
	_, err := c.exchange(ctx, withBody(post("/v1/rebalance", "pause moves"), body{paused}), nil)
	return err
}

// SetLayout changes what is wanted of where shards are.
func (c *Client) SetLayout(ctx context.Context, l roster.Layout) error {
	_, err := c.exchange(ctx, withBody(post("/v1/rebalance", "set the layout"), l), nil)
	return err
}

// MigrateStore moves logs of the node at the first of the addresses into another store,
// "shared" or "bolt". It is sent to no other node.
func (c *Client) MigrateStore(ctx context.Context, to string) (roster.StoreMoves, error) {
	type body struct {
		To string `json:"to"`
	}
	moves, _, err := send[roster.StoreMoves](ctx, c, withBody(post("/v1/migrate-store", "migrate store"), body{to}))
	return moves, err
}

// Backup writes an archive of all shards to w. It is not bounded by Config.RetryFor once
// it has begun.
func (c *Client) Backup(ctx context.Context, w io.Writer) error {
	answer, err := c.stream(ctx, call{policy: policy{what: "backup", giveUp: attemptMax}, method: http.MethodPost, path: "/v1/backup"})
	if err == nil {
		err = stream.Copy(w, answer.Body, stream.StillMax)
	}
	return err
}

func get(path string) call {
	return call{policy: policy{what: path}, method: http.MethodGet, path: path}
}

// post returns a call that acts on one node and is not repeated when in doubt.
func post(path, what string) call {
	return call{policy: policy{write: true, once: true, pinned: true, what: what}, method: http.MethodPost, path: path}
}
