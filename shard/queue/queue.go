package queue

import (
	"slices"
	"sync"
	"time"

	"roster"
)

const (
	// OpsMax is how many operations wait in each line.
	OpsMax = 8 * roster.EntryOpsMax
	// BytesMax is how many bytes of operations wait in each line.
	BytesMax = 32 << 20
	// SmallOps is how many operations a small parcel may have.
	SmallOps = 8
	// SmallBytes is how many bytes those may have together.
	SmallBytes = 16 << 10
	// ManyOps is how many operations are many.
	ManyOps = 64
	// ManyBytes is how many bytes of operations are.
	ManyBytes = 64 << 10
	// WaitMax is how long a write waits for an entry at the most; routers give up a try
	// after as long.
	WaitMax = 2 * time.Second
	// roomMin is how many operations a line takes however slowly it moves.
	roomMin = 2 * roster.EntryOpsMax
	// largeShare is the part of an entry that large parcels get while small ones wait,
	// and in shareAfter entries more: who writes one by one has nothing waiting at the
	// moment in which his answer is on its way.
	largeShare = 4
	shareAfter = 4
)

// Queue holds writes until entries take them. Make one with New.
type Queue struct {
	ready chan struct{}
	mu    struct {
		sync.Mutex
		small, large line
		owed         bool // large ones waited and got nothing from the last entry
		shared       int  // entries in which large ones still get no more than their share
		closed       bool
	}
}

// New returns an empty queue.
func New() *Queue { return &Queue{ready: make(chan struct{}, 1)} }

// Ready gets a value when something has joined since Take left nothing, and again when
// there are Many.
func (q *Queue) Ready() <-chan struct{} { return q.ready }

// Many reports whether so much waits that an entry of it is worth its cost, whatever else
// is under way.
func (q *Queue) Many() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.many()
}

func (q *Queue) many() bool {
	return len(q.mu.small.writes)+len(q.mu.large.writes) >= ManyOps || q.mu.small.bytes+q.mu.large.bytes >= ManyBytes
}

// worthAWake is what Ready tells apart: 0 nothing, 1 something, 2 many; the lock is held.
func (q *Queue) worthAWake() int {
	switch {
	case q.many():
		return 2
	case len(q.mu.small.writes)+len(q.mu.large.writes) > 0:
		return 1
	}
	return 0
}

// Join lets in the writes of a parcel that have no answer yet, as many as there is room
// for, and returns how many stay outside: all when the queue is closed.
func (q *Queue) Join(p *Parcel, now time.Time) (full int, closed bool) {
	p.since = now
	q.mu.Lock()
	if q.mu.closed {
		q.mu.Unlock()
		return p.Len(), true
	}
	before := q.worthAWake()
	full = q.lineOf(p).join(p)
	news := q.worthAWake() > before
	q.mu.Unlock()
	if news {
		select {
		case q.ready <- struct{}{}:
		default:
		}
	}
	return full, false
}

// lineOf returns where a parcel stands; the lock is held.
func (q *Queue) lineOf(p *Parcel) *line {
	if p.small || len(p.writes) <= SmallOps && p.bytes() <= SmallBytes {
		return &q.mu.small
	}
	return &q.mu.large
}

// Take fills an entry: at most EntryOpsMax operations and EntryBytesMax bytes. late are
// those that have waited too long.
func (q *Queue) Take(now time.Time) (entry, late []*Write) {
	q.mu.Lock()
	defer q.mu.Unlock()
	small, large := &q.mu.small, &q.mu.large
	f := filling{now: now, ops: roster.EntryOpsMax, bytes: roster.EntryBytesMax}
	f.entry = make([]*Write, 0, min(f.ops, len(small.writes)+len(large.writes)))
	if len(small.writes) > 0 {
		q.mu.shared = shareAfter + 1
	}
	ops, bytes := f.ops, f.bytes
	if q.mu.shared > 0 {
		q.mu.shared--
		ops = f.ops / largeShare
	}
	if ops < f.ops && !q.mu.owed {
		bytes = f.bytes / largeShare
	}
	large.take(&f, ops, bytes)
	q.mu.owed = len(large.writes) > 0 && len(f.entry) == 0
	small.take(&f, f.ops, f.bytes)
	return f.entry, f.late
}

// Close lets nobody in any more and returns what still waited, claimed.
func (q *Queue) Close() []*Write {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.mu.closed = true
	var left []*Write
	for _, l := range []*line{&q.mu.small, &q.mu.large} {
		for _, w := range l.writes {
			if w.take() {
				left = append(left, w)
			}
		}
		l.drop(len(l.writes))
	}
	return left
}

// Len returns how many writes wait, abandoned ones too.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.mu.small.writes) + len(q.mu.large.writes)
}

// Bytes returns what those would take in entries.
func (q *Queue) Bytes() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.mu.small.bytes + q.mu.large.bytes
}

// filling is an entry that is being filled: ops and bytes are what room is left.
type filling struct {
	now         time.Time
	ops, bytes  int
	entry, late []*Write
}

// line is a queue of its own: first come, first served.
type line struct {
	writes []*Write
	bytes  int
	pace   pace
}

// join returns how many found no room: all from the first that did not.
func (l *line) join(p *Parcel) (full int) {
	for i := range p.writes {
		w := &p.writes[i]
		size := w.Op.Size()
		switch {
		case !w.Outside():
		case full > 0, len(l.writes) >= l.pace.room(), l.bytes+size > BytesMax:
			full++
		default:
			w.state.Store(waiting)
			l.writes = append(l.writes, w)
			l.bytes += size
		}
	}
	return full
}

// take moves writes from the front into an entry, at most so many.
func (l *line) take(f *filling, ops, bytes int) {
	l.pace.tick(f.now)
	seen, took := 0, 0
	for _, w := range l.writes {
		size := w.Op.Size()
		if took == ops || f.ops == 0 || size > min(bytes, f.bytes) {
			break
		}
		seen++
		switch {
		case !w.take(): // abandoned meanwhile
		case f.now.Sub(w.parcel.since) > WaitMax:
			f.late = append(f.late, w)
		default:
			f.entry = append(f.entry, w)
			took++
			bytes -= size
			f.ops, f.bytes = f.ops-1, f.bytes-size
		}
	}
	l.drop(seen)
	l.pace.took(took, len(l.writes) > 0)
}

// drop forgets the first n writes.
func (l *line) drop(n int) {
	for _, w := range l.writes[:n] {
		l.bytes -= w.Op.Size()
	}
	l.writes = slices.Delete(l.writes, 0, n)
}

// pace is how fast a line moves, seen while more waited than an entry took.
type pace struct {
	perSecond float64 // 0: not known
	last      time.Time
	taken     int
	backlog   bool
}

func (p *pace) tick(now time.Time) {
	if elapsed := now.Sub(p.last).Seconds(); p.backlog && elapsed > 0 {
		seen := float64(p.taken) / elapsed
		if p.perSecond == 0 {
			p.perSecond = seen
		}
		p.perSecond += (seen - p.perSecond) / 4
	}
	p.last = now
}

func (p *pace) took(n int, backlog bool) { p.taken, p.backlog = n, backlog }

// room is how many may wait: what half of WaitMax carries away.
func (p *pace) room() int {
	if p.perSecond == 0 {
		return OpsMax
	}
	return max(roomMin, min(OpsMax, int(p.perSecond*WaitMax.Seconds()/2)))
}
