package mailbox

import (
	"encoding/json"
	"time"

	"roster"
)

// Outgoing is a message as its sender says it to the API, and how long he waits for an
// answer; 0 is not at all.
type Outgoing struct {
	ID       string              `json:"id,omitempty"`
	From     roster.AgentID      `json:"from,omitempty"`
	Topic    string              `json:"topic,omitempty"`
	Priority Priority            `json:"priority,omitempty"`
	Body     json.RawMessage     `json:"body,omitempty"`
	Trace    roster.TraceContext `json:"trace,omitempty"`
	TTL      roster.Duration     `json:"ttl,omitzero"`
	Wait     roster.Duration     `json:"wait,omitzero"`
}

// OutgoingOf returns what the sender of m says.
func OutgoingOf(m Message, wait time.Duration) Outgoing {
	return Outgoing{m.ID, m.From, m.Topic, m.Priority, m.Body, m.Trace, m.TTL, roster.Duration(wait)}
}

// Message returns the message to an agent.
func (o *Outgoing) Message(to roster.AgentID) Message {
	return Message{ID: o.ID, To: to, From: o.From, Topic: o.Topic, Priority: o.Priority, Body: o.Body, Trace: o.Trace, TTL: o.TTL}
}

// Cast is a message to each agent that a query finds.
type Cast struct {
	Capabilities []string `json:"capabilities,omitempty"`
	Namespaces   []string `json:"namespaces,omitempty"`
	Filter       string   `json:"filter,omitempty"`
	Message      Outgoing `json:"message"`
}

// CastOf returns a message to each agent that q finds by capability, namespace and filter;
// what else q holds is Invalid.
func CastOf(o Outgoing, q roster.Query) (Cast, error) {
	if len(q.Labels)+len(q.Nodes)+len(q.Statuses)+len(q.Health) > 0 || q.Text != "" || q.Scope != nil {
		return Cast{}, roster.Invalid("query", "a multicast finds by capabilities, namespaces and a filter")
	}
	return Cast{q.Capabilities, q.Namespaces, q.Filter, o}, nil
}
