package httpapi

import (
	"net/http"

	"roster"
	"roster/httpapi/wire"
)

func (c *call) sessionID() (roster.SessionID, error) {
	id := roster.SessionID(c.r.PathValue("id"))
	return id, id.Validate()
}

// openSession begins a session. Under a request the id is drawn from it: a retry
// must reach the same shard to find the stored result.
func (c *call) openSession() error {
	command, err := decoded(c, wire.DecodeSession)
	if err != nil {
		return err
	}
	ctx, err := c.writeContext()
	if err != nil {
		return err
	}
	if request, given := roster.RequestFrom(ctx); given && command.ID == "" {
		command.ID = wire.SessionOf(request)
	}
	result, stamp, err := c.api.service.Do(ctx, command)
	if err != nil {
		return err
	}
	session, ok := result.Value.(roster.Session)
	if !ok {
		return sameAgent("", roster.Change{})
	}
	if err := c.written(stamp); err != nil {
		return err
	}
	c.Header().Set("Location", "/v1/sessions/"+string(session.ID))
	return shown(c, http.StatusCreated, session)
}

func (c *call) getSession() error {
	id, err := c.sessionID()
	if err != nil {
		return err
	}
	session, stamp, err := c.api.service.Session(c.r.Context(), id)
	if err != nil {
		return err
	}
	c.stamp(stamp)
	return shown(c, http.StatusOK, session)
}

func (c *call) endSession() error {
	id, err := c.sessionID()
	if err != nil {
		return err
	}
	if err := c.noBody(); err != nil {
		return err
	}
	ctx, err := c.writeContext()
	if err != nil {
		return err
	}
	_, stamp, err := c.api.service.Do(ctx, roster.EndSession{ID: id})
	if err != nil {
		return err
	}
	if err := c.written(stamp); err != nil {
		return err
	}
	c.WriteHeader(http.StatusNoContent)
	return nil
}

// renewSession restarts one session's TTL.
func (c *call) renewSession() error {
	id, err := c.sessionID()
	if err != nil {
		return err
	}
	if err := c.noBody(); err != nil {
		return err
	}
	faults, err := c.api.service.RenewSessions(c.r.Context(), []roster.SessionID{id})
	if err != nil {
		return err
	}
	if faults[0] != nil {
		return faults[0]
	}
	c.WriteHeader(http.StatusNoContent)
	return nil
}

type renewAnswer struct {
	Results []renewResult `json:"results"`
}

type renewResult struct {
	ID    roster.SessionID `json:"id"`
	Error *wire.Problem    `json:"error,omitempty"`
}

// renewSessions restarts the TTL of many sessions.
func (c *call) renewSessions() error {
	ids, err := decoded(c, wire.DecodeIDs[roster.SessionID])
	if err != nil {
		return err
	}
	faults, err := c.api.service.RenewSessions(c.r.Context(), ids)
	if err != nil {
		return err
	}
	out := renewAnswer{Results: make([]renewResult, len(ids))}
	for i, id := range ids {
		out.Results[i].ID = id
		if faults[i] != nil {
			c.deny(faults[i])
			problem := wire.ProblemOf(faults[i])
			out.Results[i].Error = &problem
		}
	}
	return shown(c, http.StatusOK, out)
}
