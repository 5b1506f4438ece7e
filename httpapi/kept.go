package httpapi

import (
	"crypto/rand"
	"net/http"

	"roster"
	"roster/audit"
	"roster/httpapi/door"
	"roster/httpapi/table"
)

// isAct reports whether the route changes something that only who looks after the cluster
// may change. Each is kept in the audit log.
func (e *endpoint) isAct() bool { return e.Right.In == table.Cluster && e.Method != http.MethodGet }

// record returns what the audit log keeps of the call.
func (c *call) record() audit.Record {
	return audit.Record{Principal: string(roster.PrincipalFrom(c.r.Context())), Remote: c.r.RemoteAddr, Verb: c.Right.Verb.String(),
		Resource: c.r.Method + " " + c.r.URL.Path, Request: c.act, Status: c.status, Code: string(c.code), Count: c.denials}
}

// announce keeps that an act begins. One that cannot be kept is not done.
func (c *call) announce() error {
	if c.api.options.Audit == nil || !c.isAct() {
		return nil
	}
	c.act = rand.Text()
	if err := c.api.options.Audit.Begin(c.record()); err != nil {
		c.act = ""
		c.api.log.Error("an act was refused, because the audit log cannot be written", "route", c.Name, "err", err)
		return roster.Errorf(roster.CodeUnavailable, "the audit log of this node cannot be written, so nothing was done")
	}
	c.head("Roster-Audit", c.act)
	return nil
}

// keep keeps how an act has ended, and what was refused. The request is over then.
func (c *call) keep() {
	door.Leave(c.r.Context())
	switch log := c.api.options.Audit; {
	case log == nil:
	case c.act != "":
		if err := log.End(c.record()); err != nil {
			c.api.log.Error("the audit log lacks the end of an act", "route", c.Name, "request", c.act, "err", err)
		}
	case c.code == roster.CodeDenied || c.denials > 0:
		log.Denied(c.record())
	}
}

// deny counts the items of a batch that were denied.
func (c *call) deny(err error) {
	if roster.CodeOf(err) == roster.CodeDenied {
		c.denials++
	}
}
