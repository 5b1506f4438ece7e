package queue

import (
	"strings"
	"testing"
	"time"

	"roster"
	"roster/fsm/codec"
)

// encoded returns an operation of about so many bytes.
func encoded(t testing.TB, bytes int) codec.Encoded {
	t.Helper()
	op, err := codec.Encode(roster.Op{Command: roster.Deregister{ID: roster.AgentID(strings.Repeat("x", bytes))}})
	if err != nil {
		t.Fatal(err)
	}
	return op
}

// parcel returns one of so many equal operations.
func parcel(op codec.Encoded, ops int) *Parcel {
	list := make([]codec.Encoded, ops)
	for i := range list {
		list[i] = op
	}
	return NewParcel(list...)
}

// start is when the tests begin.
func start() time.Time { return time.Unix(1_000_000, 0) }

// join hands a parcel over, all of which there must be room for.
func join(t testing.TB, q *Queue, p *Parcel, now time.Time) *Parcel {
	t.Helper()
	if full, closed := q.Join(p, now); full > 0 || closed {
		t.Fatalf("no room for %d of %d, closed %v", full, p.Len(), closed)
	}
	return p
}

// entriesUntil takes entries until a write is in one, and returns how many that took.
func entriesUntil(t testing.TB, q *Queue, w *Write, again func()) int {
	t.Helper()
	for n := 1; n < 100; n++ {
		entry, _ := q.Take(start())
		bytes := 0
		for _, x := range entry {
			bytes += x.Op.Size()
		}
		if len(entry) > roster.EntryOpsMax || bytes > roster.EntryBytesMax {
			t.Fatalf("an entry of %d operations and %d bytes", len(entry), bytes)
		}
		for _, x := range entry {
			if x == w {
				return n
			}
		}
		again()
	}
	t.Fatal("never taken")
	return 0
}

// TestSmallPassesAFloodOfLarge: a single write is in the next entry, and that one is not
// long, whatever batches or big agents wait. The control: the same write in a parcel of
// more than SmallOps waits behind all of them.
func TestSmallPassesAFloodOfLarge(t *testing.T) {
	for name, flood := range map[string]struct{ bytes, ops, parcels int }{
		"batches of 100":   {300, 100, OpsMax / 100},
		"agents of 64 KiB": {64 << 10, 1, BytesMax / (65 << 10)},
	} {
		t.Run(name, func(t *testing.T) {
			big := encoded(t, flood.bytes)
			fill := func() *Queue {
				q := New()
				for range flood.parcels {
					join(t, q, parcel(big, flood.ops), start())
				}
				return q
			}
			q := fill()
			small := join(t, q, parcel(encoded(t, 100), 1), start())
			waiting := q.Len()
			if n := entriesUntil(t, q, small.Write(0), func() {}); n != 1 {
				t.Errorf("a single write was in entry %d", n)
			}
			if took := waiting - q.Len(); took > roster.EntryOpsMax/largeShare+1 {
				t.Errorf("its entry had %d operations", took)
			}
			q = fill()
			control := join(t, q, parcel(encoded(t, 10), SmallOps+1), start())
			if n := entriesUntil(t, q, control.Write(0), func() {}); n < 8 {
				t.Errorf("the control was in entry %d: the flood is none", n)
			}
		})
	}
}

// TestLargeIsNotStarved: however many single writes wait, each entry has some of a
// batch, and even one that needs a whole entry comes to its turn.
func TestLargeIsNotStarved(t *testing.T) {
	for name, size := range map[string]int{"a batch": 300, "more than its share": 400 << 10, "nearly an entry": roster.EntryBytesMax - 1000} {
		t.Run(name, func(t *testing.T) {
			q, op := New(), encoded(t, 1000)
			more := func() {
				for range roster.EntryOpsMax {
					q.Join(parcel(op, 1), start())
				}
			}
			more()
			large := join(t, q, parcel(encoded(t, size), SmallOps+1), start())
			if n := entriesUntil(t, q, large.Write(0), more); n > 2 {
				t.Errorf("it was in entry %d", n)
			}
		})
	}
}

// TestLinesHaveRoomOfTheirOwn: what fills one line leaves the other's alone, and the
// first that finds no room keeps those behind it out, so that a parcel stays in order.
func TestLinesHaveRoomOfTheirOwn(t *testing.T) {
	q, op := New(), encoded(t, 100)
	join(t, q, parcel(op, OpsMax-1), start())
	over := parcel(op, SmallOps+1)
	if full, _ := q.Join(over, start()); full != SmallOps || !over.Write(1).Outside() || over.Write(0).Outside() {
		t.Errorf("%d of %d found no room", full, over.Len())
	}
	join(t, q, parcel(op, 1), start())
	for range BytesMax / (8 << 10) {
		q.Join(parcel(encoded(t, 8<<10), 1), start())
	}
	if full, _ := q.Join(parcel(encoded(t, 8<<10), 1), start()); full != 1 {
		t.Error("more bytes than a line may hold were let in")
	}
}

// TestLateIsNotExecuted: what has waited too long is handed out as late, not in an
// entry, and what was abandoned in neither.
func TestLateIsNotExecuted(t *testing.T) {
	q, op := New(), encoded(t, 100)
	old, gone := join(t, q, parcel(op, 1), start()), join(t, q, parcel(op, 1), start())
	fresh := join(t, q, parcel(op, 1), start().Add(WaitMax/2))
	if !gone.Write(0).Abandon() || gone.Write(0).Abandon() {
		t.Error("a waiting write can be taken back once")
	}
	entry, late := q.Take(start().Add(WaitMax + time.Millisecond))
	if len(late) != 1 || late[0] != old.Write(0) || len(entry) != 1 || entry[0] != fresh.Write(0) {
		t.Errorf("%d in the entry, %d late", len(entry), len(late))
	}
	if old.Write(0).Abandon() || q.Len() != 0 || q.Bytes() != 0 {
		t.Errorf("%d writes of %d bytes are left", q.Len(), q.Bytes())
	}
}

// TestSlowLineRefusesAtOnce: a line that moves slowly takes no more than it carries away
// in time, and as much as before once it moves fast.
func TestSlowLineRefusesAtOnce(t *testing.T) {
	q, op, now := New(), encoded(t, 100), start()
	refused := func() int {
		full := 0
		for range 2 * OpsMax {
			n, _ := q.Join(parcel(op, 1), now)
			full += n
		}
		return full
	}
	if got := refused(); got != OpsMax {
		t.Errorf("%d refused while the pace is not known", got)
	}
	drain := func(gap time.Duration) {
		for q.Len() > roomMin/2 {
			q.Take(now)
			now = now.Add(gap)
		}
	}
	drain(400 * time.Millisecond) // 2 560 operations a second
	if got := refused(); got < OpsMax || q.Len() > 5*roster.EntryOpsMax/2+1 {
		t.Errorf("%d wait where 2 560 can be carried away", q.Len())
	}
	for range 20 {
		drain(time.Millisecond)
		refused()
	}
	if q.Len() != OpsMax {
		t.Errorf("%d wait in a line that is fast again", q.Len())
	}
}

func TestClose(t *testing.T) {
	q, op := New(), encoded(t, 100)
	join(t, q, parcel(op, 1), start())
	join(t, q, parcel(op, 100), start())
	if left := q.Close(); len(left) != 101 {
		t.Errorf("%d were handed out", len(left))
	}
	if full, closed := q.Join(parcel(op, 2), start()); full != 2 || !closed {
		t.Errorf("a closed queue: %d outside, closed %v", full, closed)
	}
}
