package mailbox

import (
	"context"
	"encoding/json"
	"time"

	"roster"
)

// Bounds of what one call may ask.
const (
	WaitMax     = 55 * time.Second // for an answer, or for a message
	DeliveryMax = 256              // messages of one Receive
	MulticastTo = 1000             // receivers of one Multicast
)

// Service is the part of the contract that is about messages. A node and the HTTP client
// implement it. Who calls as an agent says so by acting.With.
type Service interface {
	// Send puts a message into the mailbox of one agent, wherever that is. With a wait it
	// waits so long, up to WaitMax, for an answer: after that the error is Unknown, because
	// the message may still be read. Other errors: NotFound; Refused for an agent that has
	// stopped; Unavailable for one that has no node now; Overloaded when the mailbox is full;
	// Denied for a From that is not the caller.
	Send(ctx context.Context, m Message, wait time.Duration) (Receipt, error)
	// Multicast sends a message to each agent that a query finds, at most MulticastTo: more
	// are Refused. What became of each is in its receipt.
	Multicast(ctx context.Context, m Message, q roster.Query) ([]Receipt, error)
	// Receive gives the caller, an agent, what is in its mailbox, and finishes what it got
	// before, up to the number After.
	Receive(ctx context.Context, r Receive) ([]Delivery, error)
	// Reply answers a message. NotFound when nobody waits any more.
	Reply(ctx context.Context, r Reply) error
	// Mailbox tells how full the mailbox of an agent is.
	Mailbox(ctx context.Context, id roster.AgentID) (State, error)
}

// Receive is what a receiver asks for.
type Receive struct {
	Agent roster.AgentID  `json:"-"`
	After uint64          `json:"after,omitempty"`
	Most  int             `json:"max,omitempty"` // 0 is one
	Wait  roster.Duration `json:"wait,omitzero"` // how long to wait for the first; 0 is not at all
}

// Reply is an answer.
type Reply struct {
	Agent roster.AgentID  `json:"-"` // that answers
	To    string          `json:"to"`
	Body  json.RawMessage `json:"body,omitempty"`
	// Error says, instead of a body, that the agent could not do what it was asked.
	Error string `json:"error,omitempty"`
}

// Receipt is what became of a message.
type Receipt struct {
	ID       string         `json:"id"`
	To       roster.AgentID `json:"to"`
	Node     roster.NodeID  `json:"node,omitempty"` // that has the mailbox
	Repeated bool           `json:"repeated,omitempty"`
	// Answer is there when an answer was waited for; Error when it says that the agent could
	// not, and after a Multicast why the message was not taken.
	Answer json.RawMessage `json:"answer,omitempty"`
	Error  string          `json:"error,omitempty"`
	Code   roster.Code     `json:"code,omitempty"`
}

// Validate reports an Invalid or TooLarge error that names the field.
func (r *Receive) Validate() error {
	switch {
	case r.Most < 0 || r.Most > DeliveryMax:
		return roster.Invalid("max", "%d; want 1 to %d", r.Most, DeliveryMax)
	case r.Wait < 0 || time.Duration(r.Wait) > WaitMax:
		return roster.Invalid("wait", "%v; want at most %v", time.Duration(r.Wait), WaitMax)
	}
	return r.Agent.Validate()
}

// Validate reports an Invalid or TooLarge error that names the field.
func (r *Reply) Validate() error {
	switch {
	case r.To == "":
		return roster.Invalid("to", "the field is missing: it is the reply_to of the message")
	case len(r.To) > replyToMax:
		return roster.Invalid("to", "%d bytes; at most %d", len(r.To), replyToMax)
	case len(r.Body) > BodyMax || len(r.Error) > BodyMax:
		return &roster.Error{Code: roster.CodeTooLarge, Field: "body", Detail: "an answer may have 64 KiB"}
	case len(r.Body) > 0 && !json.Valid(r.Body):
		return roster.Invalid("body", "it is not JSON")
	case len(r.Body) > 0 && r.Error != "":
		return roster.Invalid("error", "an answer has a body or an error")
	}
	return r.Agent.Validate()
}

// replyToMax is a ticket and a node's id.
const replyToMax = 512
