package httpapi

import (
	"net/http"

	"roster"
	"roster/httpapi/wire"
)

// batchAnswer is what became of a batch, in the order of its items.
type batchAnswer struct {
	Results []batchResult `json:"results"`
	Token   roster.Token  `json:"token"`
}

type batchResult struct {
	ID       roster.AgentID `json:"id"`
	Outcome  roster.Outcome `json:"outcome"`
	Revision roster.Index   `json:"revision"`
	Error    *wire.Problem  `json:"error,omitempty"`
}

// registerAgents carries out a batch. An item that cannot be read is passed on empty,
// so that the service refuses it in its place and the others keep the Seq that they
// have in every retry; its own fault is told instead of the service's.
func (c *call) registerAgents() error {
	batch, err := decoded(c, wire.DecodeBatch)
	if err != nil {
		return err
	}
	ctx, err := c.writeContext()
	if err != nil {
		return err
	}
	results, token, err := c.api.service.RegisterBatch(ctx, batch.Items)
	if err != nil {
		return err
	}
	if token, err = c.merged(token); err != nil {
		return err
	}
	out := batchAnswer{Results: make([]batchResult, len(results)), Token: token}
	for i, r := range results {
		if fault := batch.Faults[i]; fault != nil {
			r = roster.BatchResult{ID: batch.Items[i].Agent.ID, Outcome: roster.OutcomeRefused, Err: fault}
		}
		out.Results[i] = batchResult{ID: r.ID, Outcome: r.Outcome, Revision: r.Revision}
		if r.Err != nil {
			problem := wire.ProblemOf(r.Err)
			out.Results[i].Error = &problem
		}
	}
	c.Header().Set("Roster-Token", string(token))
	return shown(c, http.StatusOK, out)
}
