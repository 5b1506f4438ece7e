package client

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"roster"
	"roster/client/problem"
	"roster/client/stream"
)

// holdSilenceMax is how long a held connection may be silent: a node sends a
// comment every 5 s.
const holdSilenceMax = 12 * time.Second

// OpenSession begins a session: Conflict when the id is live, Gone when it ended.
func (c *Client) OpenSession(ctx context.Context, id roster.SessionID, ttl time.Duration) (roster.Session, roster.Stamp, error) {
	result, stamp, err := c.Do(ctx, roster.OpenSession{ID: id, TTL: roster.Duration(ttl)})
	if err != nil {
		return roster.Session{}, stamp, err
	}
	session, ok := result.Value.(roster.Session)
	if !ok {
		return roster.Session{}, stamp, roster.Errorf(roster.CodeInternal, "%s answered no session: is it of another version?", c.Address())
	}
	return session, stamp, nil
}

// EndSession ends a session. Ending an ended one is not an error.
func (c *Client) EndSession(ctx context.Context, id roster.SessionID) (roster.Stamp, error) {
	_, stamp, err := c.Do(ctx, roster.EndSession{ID: id})
	return stamp, err
}

// Session returns a live session.
func (c *Client) Session(ctx context.Context, id roster.SessionID) (roster.Session, roster.Stamp, error) {
	if err := id.Validate(); err != nil {
		return roster.Session{}, roster.Stamp{}, err
	}
	return send[roster.Session](ctx, c, call{policy: policy{what: "session"}, method: http.MethodGet, path: sessionPath(id)})
}

// RenewSessions restarts the TTL of up to BatchMax sessions.
func (c *Client) RenewSessions(ctx context.Context, ids []roster.SessionID) ([]error, error) {
	type body struct {
		IDs []roster.SessionID `json:"ids"`
	}
	type results struct {
		Results []struct {
			ID    roster.SessionID `json:"id"`
			Error *problem.Problem `json:"error"`
		} `json:"results"`
	}
	if ids == nil {
		ids = []roster.SessionID{}
	}
	// Renewing twice does no harm, so this is retried like a read.
	got, _, err := send[results](ctx, c, withBody(call{
		policy: policy{what: "renew"}, method: http.MethodPost, path: "/v1/sessions:renew",
	}, body{ids}))
	if err != nil {
		return nil, err
	}
	if len(got.Results) != len(ids) {
		return nil, roster.Errorf(roster.CodeInternal, "%d results for %d sessions: is the node of another version?", len(got.Results), len(ids))
	}
	out := make([]error, len(ids))
	for i, r := range got.Results {
		if r.Error != nil {
			out[i] = r.Error.Error()
		}
	}
	return out, nil
}

// HoldSession keeps a session alive until ctx ends. A broken connection is taken up
// again at another address, which is in time when that succeeds within
// roster.SessionGrace.
func (c *Client) HoldSession(ctx context.Context, id roster.SessionID, held func()) error {
	if err := id.Validate(); err != nil {
		return err
	}
	for {
		hold, err := c.openHold(ctx, id)
		if ctx.Err() != nil && err != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if held != nil {
			held()
			held = nil
		}
		base := c.Address()
		_ = stream.Copy(io.Discard, hold.Body, holdSilenceMax) // however it ends, it is taken up again
		if ctx.Err() != nil {
			return nil
		}
		c.leave(base)
	}
}

// openHold opens the connection that holds a session, trying as long as any call.
func (c *Client) openHold(ctx context.Context, id roster.SessionID) (*http.Response, error) {
	return c.stream(ctx, call{policy: policy{what: "hold", giveUp: attemptMax}, method: http.MethodGet, path: sessionPath(id) + "/hold"})
}

// KeepSession renews a session three times in each ttl until ctx ends, and returns
// then nil. It returns Gone or NotFound as soon as the session has ended; a node
// that cannot be reached is tried again until then.
func (c *Client) KeepSession(ctx context.Context, id roster.SessionID, ttl time.Duration) error {
	for {
		// Jitter, so that agents that started together do not renew together.
		wait := ttl/4 + rand.N(ttl/12+1)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
		if err := c.renewOne(ctx, id, ttl); err != nil {
			return err
		}
	}
}

// renewOne renews a session and returns an error only when it has ended.
func (c *Client) renewOne(ctx context.Context, id roster.SessionID, ttl time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, ttl/3)
	defer cancel()
	errs, err := c.RenewSessions(ctx, []roster.SessionID{id})
	if err == nil {
		err = errs[0]
	}
	switch roster.CodeOf(err) {
	case "", roster.CodeUnavailable, roster.CodeOverloaded, roster.CodeUnknown, roster.CodeMoved:
		return nil
	}
	return err
}

func sessionPath(id roster.SessionID) string { return "/v1/sessions/" + url.PathEscape(string(id)) }
