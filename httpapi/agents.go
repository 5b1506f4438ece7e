package httpapi

import (
	"net/http"

	"roster"
	"roster/httpapi/table"
	"roster/httpapi/wire"
)

// recordBytes is where the buffer of one agent begins.
const recordBytes = 1 << 10

// agentID reads the id from the path.
func (c *call) agentID() (roster.AgentID, error) {
	id := roster.AgentID(c.r.PathValue("ns") + "/" + c.r.PathValue("name"))
	return id, id.Validate()
}

func agentPath(id roster.AgentID) string { return "/v1/agents/" + string(id) }

// getAgent is the fast path: no deadline of its own, because the service has one.
func (c *call) getAgent() error {
	id, err := c.agentID()
	if err != nil {
		return err
	}
	read, err := c.read()
	if err != nil {
		return err
	}
	record, stamp, err := c.api.service.Lookup(c.r.Context(), id, read)
	if stamp.Index != 0 {
		c.stamp(stamp)
	}
	if err != nil {
		return err
	}
	c.head("Etag", wire.ETag(record.Revision))
	if wire.Unmodified(c.r.Header, record.Revision) {
		c.WriteHeader(http.StatusNotModified)
		return nil
	}
	return c.answer(http.StatusOK, wire.AppendRecord(make([]byte, 0, recordBytes), record))
}

// listAgents shows every agent, critical ones too.
func (c *call) listAgents() error {
	q, err := c.listQuery()
	if err != nil {
		return err
	}
	q.AnyHealth = true
	return c.find(q)
}

// findAgents shows the agents that may be called.
func (c *call) findAgents() error {
	q, err := c.listQuery()
	if err != nil {
		return err
	}
	return c.find(q)
}

func (c *call) find(q roster.Query) error {
	page, err := c.api.service.Find(c.r.Context(), q)
	if err != nil {
		return err
	}
	c.stampList(page.Stamp, page.Token)
	if !q.Explain {
		page.Plan = nil
	}
	return c.answer(http.StatusOK, wire.AppendPage(make([]byte, 0, (len(page.Agents)+1)*recordBytes), page))
}

// createAgent enters an agent that is not on the roll yet.
func (c *call) createAgent() error {
	agent, err := decoded(c, wire.DecodeAgent)
	if err != nil {
		return err
	}
	return c.register(roster.Register{Agent: agent, Mode: roster.ModeCreate})
}

// putAgent enters or replaces the agent that the path names.
func (c *call) putAgent() error {
	id, err := c.agentID()
	if err != nil {
		return err
	}
	command := roster.Register{Mode: roster.ModePut}
	if command.Agent, err = decoded(c, wire.DecodeAgent); err != nil {
		return err
	}
	if command.IfMatch, err = wire.RevisionHeader(c.r.Header); err != nil {
		return err
	}
	if command.IfAbsent, err = wire.AbsentHeader(c.r.Header); err != nil {
		return err
	}
	switch {
	case command.IfAbsent && command.IfMatch != 0:
		return roster.Invalid(table.IfMatch, "If-Match and If-None-Match exclude one another")
	case command.Agent.ID == "":
		command.Agent.ID = id
	case command.Agent.ID != id:
		return roster.Invalid("id", "the body names another agent than the path")
	}
	return c.register(command)
}

func (c *call) register(command roster.Register) error {
	ctx, err := c.writeContext()
	if err != nil {
		return err
	}
	change, stamp, err := c.api.service.Register(ctx, command)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if change.Outcome == roster.OutcomeCreated {
		status = http.StatusCreated
		c.head("Location", agentPath(command.Agent.ID))
	}
	return c.changed(status, command.Agent.ID, change, stamp)
}

// patchAgent merges the body into the agent, where it lives.
func (c *call) patchAgent() error {
	id, err := c.agentID()
	if err != nil {
		return err
	}
	command, err := decoded(c, wire.DecodeUpdate)
	if err != nil {
		return err
	}
	command.ID = id
	if command.IfMatch, err = wire.RevisionHeader(c.r.Header); err != nil {
		return err
	}
	return c.doChange(id, command)
}

// setHealth reports how well an agent is.
func (c *call) setHealth() error {
	id, err := c.agentID()
	if err != nil {
		return err
	}
	health, err := decoded(c, wire.DecodeHealth)
	if err != nil {
		return err
	}
	return c.doChange(id, roster.SetHealth{ID: id, Health: health})
}

// doChange carries out a command about one agent and shows the agent.
func (c *call) doChange(id roster.AgentID, command roster.Command) error {
	ctx, err := c.writeContext()
	if err != nil {
		return err
	}
	result, stamp, err := c.api.service.Do(ctx, command)
	if err != nil {
		return err
	}
	change, _ := result.Value.(roster.Change)
	return c.changed(http.StatusOK, id, change, stamp)
}

// deleteAgent takes an agent off the roll.
func (c *call) deleteAgent() error {
	id, err := c.agentID()
	if err != nil {
		return err
	}
	if err := c.noBody(); err != nil {
		return err
	}
	revision, err := wire.RevisionHeader(c.r.Header)
	if err != nil {
		return err
	}
	ctx, err := c.writeContext()
	if err != nil {
		return err
	}
	change, stamp, err := c.api.service.Deregister(ctx, roster.Deregister{ID: id, IfMatch: revision})
	if err != nil {
		return err
	}
	if err := sameAgent(id, change); err != nil {
		return err
	}
	if err := c.written(stamp); err != nil {
		return err
	}
	c.WriteHeader(http.StatusNoContent)
	return nil
}

// changed shows an agent after a write.
func (c *call) changed(status int, id roster.AgentID, change roster.Change, stamp roster.Stamp) error {
	if err := sameAgent(id, change); err != nil {
		return err
	}
	if err := c.written(stamp); err != nil {
		return err
	}
	c.head("Etag", wire.ETag(change.Record.Revision))
	return c.answer(status, wire.AppendRecord(make([]byte, 0, recordBytes), change.Record))
}

// sameAgent finds out when a stored result was answered to another question than it
// belongs to: the caller used one key for two writes.
func sameAgent(id roster.AgentID, change roster.Change) error {
	if change.Record == nil || change.Record.ID != id {
		return roster.Errorf(roster.CodeConflict, "the Idempotency-Key or Roster-Request was used for another write before: take a new one for each")
	}
	return nil
}

// lookupAgents looks up many ids at once.
func (c *call) lookupAgents() error {
	ids, err := decoded(c, wire.DecodeIDs[roster.AgentID])
	if err != nil {
		return err
	}
	read, err := c.read()
	if err != nil {
		return err
	}
	results, stamp, err := c.api.service.LookupBatch(c.r.Context(), ids, read)
	if err != nil {
		return err
	}
	c.stampList(stamp, stamp.Token)
	return c.answer(http.StatusOK, wire.AppendLookups(make([]byte, 0, (len(results)+1)*recordBytes), results, stamp.Token))
}
