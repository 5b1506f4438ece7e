package queue

import (
	"sync/atomic"
	"time"

	"roster"
	"roster/fsm/codec"
)

// The states of a write. Who moves it out of waiting decides its fate.
const (
	outside int32 = iota // not let in yet
	waiting
	taken
	abandoned
	answered
)

// Write is one operation on its way into an entry.
type Write struct {
	Op     codec.Encoded
	parcel *Parcel
	state  atomic.Int32
	result roster.Result
	err    error
}

// Parcel is what one caller hands over: operations that wait for their answers together.
type Parcel struct {
	writes []Write
	one    [1]Write
	small  bool // it stands in the small line, whatever its size
	since  time.Time
	open   atomic.Int32  // writes without an answer
	done   chan struct{} // holds one
}

// NewParcel wraps operations.
func NewParcel(ops ...codec.Encoded) *Parcel {
	p := &Parcel{done: make(chan struct{}, 1)}
	if len(ops) == 1 {
		p.writes = p.one[:]
	} else {
		p.writes = make([]Write, len(ops))
	}
	for i := range ops {
		p.writes[i].Op, p.writes[i].parcel = ops[i], p
	}
	p.open.Store(int32(len(ops)))
	return p
}

// NewGathered wraps operations of as many callers, which happen to travel together: it
// waits like a small parcel, however many they are.
func NewGathered(ops ...codec.Encoded) *Parcel {
	p := NewParcel(ops...)
	p.small = true
	return p
}

// Done gets a value once every write has its answer.
func (p *Parcel) Done() <-chan struct{} { return p.done }

// Len returns the number of writes.
func (p *Parcel) Len() int { return len(p.writes) }

// Write returns the i-th write.
func (p *Parcel) Write(i int) *Write { return &p.writes[i] }

// bytes returns what the writes take in entries.
func (p *Parcel) bytes() int {
	n := 0
	for i := range p.writes {
		n += p.writes[i].Op.Size()
	}
	return n
}

// Answer ends a write that was handed out, or was never let in.
func (w *Write) Answer(result roster.Result, err error) {
	w.result, w.err = result, err
	w.state.Store(answered)
	if w.parcel.open.Add(-1) == 0 {
		w.parcel.done <- struct{}{}
	}
}

// Outcome returns the answer of a write, if it has one.
func (w *Write) Outcome() (result roster.Result, err error, ok bool) { //nolint:revive // ok comes last everywhere
	if w.state.Load() != answered {
		return roster.Result{}, nil, false
	}
	return w.result, w.err, true
}

// Outside reports whether the write was neither let in nor answered.
func (w *Write) Outside() bool { return w.state.Load() == outside }

// Abandon takes back a write that still waits, and reports whether it did: then it is
// never executed.
func (w *Write) Abandon() bool { return w.state.CompareAndSwap(waiting, abandoned) }

// take claims a write for an entry; false when it was abandoned.
func (w *Write) take() bool { return w.state.CompareAndSwap(waiting, taken) }
