package mailbox

import (
	"time"

	"roster"
)

// Contents is what a box hands to the node to which its agent has moved.
type Contents struct {
	Agent    roster.AgentID `json:"agent"`
	Messages []Delivery     `json:"messages"` // their numbers mean nothing
	Marks    []Mark         `json:"marks,omitempty"`
}

// Contents returns the first messages in the order in which they would be handed out, at
// most so many and, beyond the first, so many bytes; those that were handed out come first.
// Marks come along when they are all: so that a message that is sent once more after the
// move is known there.
func (b *Box) Contents(most, bytes int, now time.Time) (c Contents, all bool) {
	b.work(now)
	b.back()
	b.Expire(now)
	all = true
	for i := range b.lines {
		for _, w := range b.lines[i].all {
			if len(c.Messages) > 0 && (len(c.Messages) >= most || bytes < w.Size()) {
				all = false
				break
			}
			bytes -= w.Size()
			m := w.Message
			m.TTL = roster.Duration(w.end.Sub(now))
			c.Messages = append(c.Messages, Delivery{Again: w.again, Message: m})
		}
	}
	if all {
		for _, m := range b.marks.order {
			c.Marks = append(c.Marks, m.mark)
		}
	}
	return c, all
}

// Leave takes out the messages that another node has, by their ids, and forgets that they
// have been here: with their agent they may come back.
func (b *Box) Leave(c Contents) {
	gone := make(map[string]bool, len(c.Messages))
	for _, d := range c.Messages {
		gone[d.ID] = true
		b.marks.drop(MarkOf(d.ID))
	}
	for i := range b.lines {
		kept := b.lines[i].all
		b.lines[i] = line{}
		for _, w := range kept {
			if gone[w.ID] {
				b.bytes -= w.Size()
				continue
			}
			b.lines[i].push(w)
		}
	}
}

// Accept takes what the box of another node held, also beyond the limits: it was promised
// room once. Those that are known here are left out.
func (b *Box) Accept(c Contents, now time.Time) {
	for _, d := range c.Messages {
		if mark := MarkOf(d.ID); !b.marks.has(mark) {
			b.mark(mark, now)
			b.push(waiting{Message: d.Message, end: now.Add(d.wait()), again: d.Again})
		}
	}
	for _, m := range c.Marks {
		b.mark(m, now)
	}
}
