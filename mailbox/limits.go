package mailbox

import "roster"

// Overflow says what happens when a box is full; "" is Reject.
type Overflow string

// The two.
const (
	// Reject refuses the newcomer: Overloaded, with a time to come back.
	Reject Overflow = "reject"
	// DropOldest lets the oldest go of those that are not more urgent than the newcomer.
	DropOldest Overflow = "drop_oldest"
)

// Bounds of Limits, and what they mean where they say nothing.
const (
	MessagesMax     = 10_000
	BytesMax        = 16 << 20
	MessagesDefault = 1000
	BytesDefault    = 1 << 20
)

// Limits bound a box. The zero value is the defaults.
type Limits struct {
	Messages int      `json:"messages,omitempty"` // that wait or are handed out
	Bytes    int      `json:"bytes,omitempty"`
	Overflow Overflow `json:"overflow,omitempty"`
}

// Validate reports an Invalid error that names the field.
func (l Limits) Validate() error {
	switch {
	case l.Messages < 0 || l.Messages > MessagesMax:
		return roster.Invalid("mailbox.messages", "%d; want 1 to %d, or 0 for %d", l.Messages, MessagesMax, MessagesDefault)
	case l.Bytes < 0 || l.Bytes > BytesMax:
		return roster.Invalid("mailbox.bytes", "%d; want 1 to %d, or 0 for %d", l.Bytes, BytesMax, BytesDefault)
	case l.Overflow != "" && l.Overflow != Reject && l.Overflow != DropOldest:
		return roster.Invalid("mailbox.overflow", "%.20q: want reject or drop_oldest", string(l.Overflow))
	}
	return nil
}

// Filled returns l with its defaults.
func (l Limits) Filled() Limits {
	if l.Messages == 0 {
		l.Messages = MessagesDefault
	}
	if l.Bytes == 0 {
		l.Bytes = BytesDefault
	}
	if l.Overflow == "" {
		l.Overflow = Reject
	}
	return l
}
