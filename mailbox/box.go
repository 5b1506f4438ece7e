package mailbox

import (
	"time"

	"roster"
)

const (
	// FloorEvery says that each so many-th message handed out is one of the lowest priority.
	FloorEvery = 8
	// RetryAfter is when whom a full box refused may come back.
	RetryAfter = time.Second
)

// Box is the mailbox of one agent. Make one with New.
type Box struct {
	limits Limits
	lines  [3]line    // what waits, by priority
	out    []Delivery // handed out to the activation of epoch, in order of their numbers
	ends   []time.Time
	epoch  roster.Epoch
	bytes  int
	last   uint64 // number of the newest delivery
	takes  int    // messages handed out, for the floor
	marks  marks
	counts Counts
	// For Load: when it was asked, and how long since then, up to since, something has been
	// handed out.
	looked, since time.Time
	worked        time.Duration
}

// Counts is what has become of messages; State adds what is there now.
type Counts struct {
	Taken    uint64 `json:"taken"`
	Repeated uint64 `json:"repeated"`
	Refused  uint64 `json:"refused"` // there was no room
	Dropped  uint64 `json:"dropped"` // made room for others
	Expired  uint64 `json:"expired"`
	Finished uint64 `json:"finished"` // handed out, and the receiver went on
}

// State is how full a box is.
type State struct {
	Agent    roster.AgentID `json:"agent"`
	Node     roster.NodeID  `json:"node"` // that has the box
	Waiting  int            `json:"waiting"`
	Handed   int            `json:"handed"` // handed out and not finished
	Bytes    int            `json:"bytes"`
	Messages int            `json:"messages_max"`
	BytesMax int            `json:"bytes_max"`
	Overflow Overflow       `json:"overflow"`
	Counts
}

// New returns an empty box.
func New(l Limits) *Box { return &Box{limits: l.Filled()} }

// Limit changes the limits. What is there stays, also where it is too much now.
func (b *Box) Limit(l Limits) { b.limits = l.Filled() }

// State tells how full the box is.
func (b *Box) State() State {
	return State{Waiting: b.waiting(), Handed: len(b.out), Bytes: b.bytes, Messages: b.limits.Messages, BytesMax: b.limits.Bytes, Overflow: b.limits.Overflow, Counts: b.counts}
}

// Len returns how many messages are there, handed out or not.
func (b *Box) Len() int { return b.waiting() + len(b.out) }

func (b *Box) waiting() int { return b.lines[0].len() + b.lines[1].len() + b.lines[2].len() }

// Put takes a message, and returns those that had to make room for it. fresh is false for
// one that the box has had before: nothing happens then. The error is Overloaded when there
// is no room, and TooLarge when there never will be.
func (b *Box) Put(m Message, now time.Time) (dropped []Message, fresh bool, err error) {
	mark := MarkOf(m.ID)
	if b.marks.has(mark) {
		b.counts.Repeated++
		return nil, false, nil
	}
	if dropped, err = b.room(&m, now); err != nil {
		b.counts.Refused++
		return nil, false, err
	}
	b.counts.Taken++
	b.mark(mark, now)
	b.push(waiting{Message: m, end: now.Add(m.wait())})
	return dropped, true, nil
}

// mark remembers a message; those that are here are always remembered.
func (b *Box) mark(m Mark, now time.Time) {
	b.marks.add(m, max(MarksMin, b.limits.Messages, b.Len()+1), now)
}

func (b *Box) push(w waiting) {
	b.bytes += w.Size()
	b.lines[w.Priority.line()].push(w)
}

// room makes room for a message.
func (b *Box) room(m *Message, now time.Time) (dropped []Message, err error) {
	if m.Size() > b.limits.Bytes {
		return nil, roster.Errorf(roster.CodeTooLarge, "a message of %d bytes; the mailbox of %s holds %d", m.Size(), m.To, b.limits.Bytes)
	}
	if b.fits(0, 0, m) {
		return nil, nil
	}
	b.Expire(now)
	if b.fits(0, 0, m) {
		return nil, nil
	}
	var count, bytes int
	for i := m.Priority.line(); i < len(b.lines); i++ {
		count, bytes = count+b.lines[i].len(), bytes+b.lines[i].bytes
	}
	if b.limits.Overflow != DropOldest || !b.fits(count, bytes, m) {
		return nil, &roster.Error{Code: roster.CodeOverloaded, RetryAfter: RetryAfter, Detail: "the mailbox of " + string(m.To) + " is full"}
	}
	for !b.fits(0, 0, m) {
		dropped = append(dropped, b.drop())
	}
	return dropped, nil
}

// fits reports whether m has room once so many messages and bytes are gone.
func (b *Box) fits(count, bytes int, m *Message) bool {
	return b.Len()-count < b.limits.Messages && b.bytes-bytes+m.Size() <= b.limits.Bytes
}

// drop takes the oldest of the lowest priority out.
func (b *Box) drop() Message {
	w := b.lines[b.lowest()].pop()
	b.bytes -= w.Size()
	b.counts.Dropped++
	return w.Message
}

// lowest and highest return the line in which something waits; -1 is none.
func (b *Box) lowest() int {
	for i := len(b.lines) - 1; i >= 0; i-- {
		if b.lines[i].len() > 0 {
			return i
		}
	}
	return -1
}

func (b *Box) highest() int {
	for i := range b.lines {
		if b.lines[i].len() > 0 {
			return i
		}
	}
	return -1
}

// Take finishes what was handed out up to the number after, and hands out up to most
// messages: those that were handed out and not finished first, under their old numbers.
// epoch is that of the receiver's activation: an older one than the last is refused
// (Conflict), a newer one gets what the last has not finished. after beyond what this
// activation was given is Invalid.
func (b *Box) Take(epoch roster.Epoch, after uint64, most int, now time.Time) ([]Delivery, error) {
	b.work(now)
	switch {
	case epoch < b.epoch:
		return nil, roster.Errorf(roster.CodeConflict, "a receiver of epoch %d, but epoch %d has been here: it was replaced", epoch, b.epoch)
	case epoch > b.epoch:
		b.back()
		b.epoch = epoch
	}
	if after > b.last {
		return nil, roster.Invalid("after", "%d; the newest message has number %d", after, b.last)
	}
	b.finish(after)
	for len(b.out) < most {
		i := b.next()
		if i < 0 {
			break
		}
		w := b.lines[i].pop()
		if !now.Before(w.end) {
			b.bytes -= w.Size()
			b.counts.Expired++
			continue
		}
		b.takes++
		b.last++
		b.out, b.ends = append(b.out, Delivery{b.last, w.again, w.Message}), append(b.ends, w.end)
	}
	return append([]Delivery(nil), b.out[:min(most, len(b.out))]...), nil
}

// next returns the line from which the next message comes; -1 is none.
func (b *Box) next() int {
	if (b.takes+1)%FloorEvery == 0 {
		return b.lowest()
	}
	return b.highest()
}

// finish forgets what was handed out up to a number.
func (b *Box) finish(after uint64) {
	n := 0
	for n < len(b.out) && b.out[n].Number <= after {
		b.bytes -= b.out[n].Size()
		n++
	}
	b.counts.Finished += uint64(n)
	if n == len(b.out) {
		b.out, b.ends = nil, nil
		return
	}
	b.out, b.ends = b.out[n:], b.ends[n:]
}

// back puts what was handed out before all that waits, in its order.
func (b *Box) back() {
	var first [len(b.lines)][]waiting
	for i, d := range b.out {
		l := d.Priority.line()
		first[l] = append(first[l], waiting{Message: d.Message, end: b.ends[i], again: true})
	}
	for l := range first {
		b.lines[l].prepend(first[l])
	}
	b.out, b.ends = nil, nil
}

// Expire lets go of what has waited too long, and of the marks that are old.
func (b *Box) Expire(now time.Time) {
	for i := range b.lines {
		count, bytes := b.lines[i].expire(now)
		b.counts.Expired += uint64(count)
		b.bytes -= bytes
	}
	b.marks.expire(now)
}

// Idle reports whether the box holds nothing, marks included.
func (b *Box) Idle() bool { return b.Len() == 0 && b.marks.empty() }
