package httpapi

import (
	"net/http"

	"roster"
	"roster/httpapi/wire"
)

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
	for i, fault := range batch.Faults {
		if fault != nil {
			results[i] = roster.BatchResult{ID: batch.Items[i].Agent.ID, Outcome: roster.OutcomeRefused, Err: fault}
		}
	}
	for _, result := range results {
		c.deny(result.Err)
	}
	c.head("Roster-Token", string(token))
	return c.answer(http.StatusOK, wire.AppendBatch(make([]byte, 0, (len(results)+1)*wire.BatchResultBytes), results, token))
}
