package mailbox

import (
	"crypto/sha256"
	"encoding/json"
	"time"

	"roster"
)

// Bounds of a message.
const (
	BodyMax    = 64 << 10 // bytes of JSON
	TopicMax   = 255
	IDMax      = 128
	TTLMax     = 24 * time.Hour
	TTLDefault = 10 * time.Minute
	// overhead is what a message takes beside its body and topic, about.
	overhead = 256
)

// Priority says which messages go first; "" is Normal.
type Priority string

// The three.
const (
	High   Priority = "high"
	Normal Priority = "normal"
	Low    Priority = "low"
)

// line returns the number of the line that a priority waits in, 0 for the first; -1 is none.
func (p Priority) line() int {
	switch p {
	case High:
		return 0
	case Normal, "":
		return 1
	case Low:
		return 2
	}
	return -1
}

// Message is what is said to one agent.
type Message struct {
	// ID makes it one message however often it is sent; a node gives one to those without.
	ID string         `json:"id,omitempty"`
	To roster.AgentID `json:"to"`
	// From is the agent that says it, under Epoch; "" is nobody. A node vouches for both.
	From     roster.AgentID      `json:"from,omitempty"`
	Epoch    roster.Epoch        `json:"epoch,omitempty"`
	By       roster.Principal    `json:"by,omitempty"` // who asked the node to send it
	Topic    string              `json:"topic,omitempty"`
	Priority Priority            `json:"priority,omitempty"`
	Body     json.RawMessage     `json:"body,omitempty"` // any JSON
	Trace    roster.TraceContext `json:"trace,omitempty"`
	// TTL is how long it may wait; 0 is TTLDefault. After that nobody gets it.
	TTL roster.Duration `json:"ttl,omitzero"`
	// ReplyTo is where an answer goes; "": nobody waits for one. A node sets it.
	ReplyTo string `json:"reply_to,omitempty"`
}

// Delivery is a message as its receiver gets it.
type Delivery struct {
	// Number grows with each message that a box hands out.
	Number uint64 `json:"number"`
	// Again: it was handed to an activation before, which may have seen to it.
	Again bool `json:"again,omitempty"`
	Message
}

// Validate reports an Invalid or TooLarge error that names the field.
func (m *Message) Validate() error {
	if err := m.To.Validate(); err != nil {
		return err
	}
	switch {
	case len(m.ID) > IDMax:
		return roster.Invalid("id", "%d bytes; at most %d", len(m.ID), IDMax)
	case len(m.Topic) > TopicMax:
		return roster.Invalid("topic", "%d bytes; at most %d", len(m.Topic), TopicMax)
	case m.Priority.line() < 0:
		return roster.Invalid("priority", "%.20q: want high, normal or low", string(m.Priority))
	case m.TTL < 0 || time.Duration(m.TTL) > TTLMax:
		return roster.Invalid("ttl", "%v; want at most %v", time.Duration(m.TTL), TTLMax)
	case len(m.Body) > BodyMax:
		return &roster.Error{Code: roster.CodeTooLarge, Field: "body", Detail: "a message may have 64 KiB"}
	case len(m.Body) > 0 && !json.Valid(m.Body):
		return roster.Invalid("body", "it is not JSON")
	}
	return nil
}

// Size is what the message takes of a box, in bytes.
func (m *Message) Size() int { return overhead + len(m.Body) + len(m.Topic) }

func (m *Message) wait() time.Duration {
	if m.TTL == 0 {
		return TTLDefault
	}
	return time.Duration(m.TTL)
}

// Mark is what a box remembers of a message that it has taken.
type Mark [16]byte

// MarkOf returns the mark of an id.
func MarkOf(id string) Mark {
	sum := sha256.Sum256([]byte(id))
	return Mark(sum[:16])
}
