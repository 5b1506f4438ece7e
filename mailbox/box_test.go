package mailbox

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"roster"
)

var start = time.Unix(1000, 0)

func message(id string, p Priority) Message { return Message{ID: id, To: "demo/x", Priority: p} }

func put(t *testing.T, b *Box, m Message) {
	t.Helper()
	if _, fresh, err := b.Put(m, start); err != nil || !fresh {
		t.Fatalf("%s: fresh %v, %v", m.ID, fresh, err)
	}
}

func take(t *testing.T, b *Box, epoch roster.Epoch, after uint64, most int) []Delivery {
	t.Helper()
	got, err := b.Take(epoch, after, most, start)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func ids(all []Delivery) (out []string) {
	for _, d := range all {
		out = append(out, d.ID)
	}
	return out
}

// TestLowIsNotStarved: with urgent ones always there, each FloorEvery-th is a low one.
func TestLowIsNotStarved(t *testing.T) {
	b := New(Limits{})
	for i := range 100 {
		put(t, b, message(fmt.Sprint("h", i), High))
		put(t, b, message(fmt.Sprint("l", i), Low))
	}
	low := 0
	for i, d := range take(t, b, 1, 0, 10*FloorEvery) {
		if d.Priority == Low {
			low++
		}
		if want := (i+1)%FloorEvery == 0; want != (d.Priority == Low) {
			t.Errorf("message %d has priority %s", i+1, d.Priority)
		}
	}
	if low != 10 {
		t.Errorf("%d low ones", low)
	}
}

// TestUnfinishedComesAgain: an answer that was lost is given once more under the same
// numbers, and a new activation gets what the old one did not finish.
func TestUnfinishedComesAgain(t *testing.T) {
	b := New(Limits{})
	for _, id := range []string{"a", "b", "c"} {
		put(t, b, message(id, Normal))
	}
	first, second := take(t, b, 1, 0, 2), take(t, b, 1, 0, 2)
	if !slices.EqualFunc(first, second, func(x, y Delivery) bool { return x.Number == y.Number && x.ID == y.ID }) {
		t.Errorf("%v, then %v", ids(first), ids(second))
	}
	got := take(t, b, 2, 1, 10) // 1 is finished by whoever says so first: the new one was given nothing yet
	if fmt.Sprint(ids(got)) != "[a b c]" || !got[0].Again || got[2].Again {
		t.Errorf("the next activation gets %+v", got)
	}
	if _, err := b.Take(1, 0, 1, start); roster.CodeOf(err) != roster.CodeConflict {
		t.Errorf("the old one: %v", err)
	}
	if _, err := b.Take(2, 99, 1, start); roster.CodeOf(err) != roster.CodeInvalid {
		t.Errorf("what nobody was given: %v", err)
	}
}

// TestDropOldest: only what is not more urgent makes room, and nothing does in vain.
func TestDropOldest(t *testing.T) {
	b := New(Limits{Messages: 2, Overflow: DropOldest})
	put(t, b, message("h", High))
	put(t, b, message("n", Normal))
	dropped, _, err := b.Put(message("n2", Normal), start)
	if err != nil || len(dropped) != 1 || dropped[0].ID != "n" {
		t.Errorf("dropped %v, %v", dropped, err)
	}
	if _, _, err := b.Put(message("l", Low), start); roster.CodeOf(err) != roster.CodeOverloaded {
		t.Errorf("a low one: %v", err)
	}
	if got := ids(take(t, b, 1, 0, 9)); fmt.Sprint(got) != "[h n2]" {
		t.Errorf("left: %v", got)
	}
	if s := b.State(); s.Dropped != 1 || s.Refused != 1 || s.Taken != 3 {
		t.Errorf("counted %+v", s.Counts)
	}
}

// TestExpired: nobody gets what has waited too long, and what is full of it has room.
func TestExpired(t *testing.T) {
	b := New(Limits{Messages: 1})
	m := message("a", Normal)
	m.TTL = roster.Duration(time.Second)
	put(t, b, m)
	if _, _, err := b.Put(message("b", Normal), start.Add(time.Second)); err != nil {
		t.Error(err)
	}
	got, err := b.Take(1, 0, 9, start.Add(TTLDefault))
	if err != nil || fmt.Sprint(ids(got)) != "[b]" {
		t.Errorf("%v, %v", ids(got), err)
	}
	if b.finish(1); b.Idle() {
		t.Error("it has forgotten what it took")
	}
	if b.Expire(start.Add(TTLDefault + MarksKeep)); !b.Idle() || b.bytes != 0 {
		t.Errorf("%d messages, %d bytes", b.Len(), b.bytes)
	}
}

// TestInvalid goes through what a message and limits may not be.
func TestInvalid(t *testing.T) {
	for name, c := range map[string]struct {
		m    Message
		code roster.Code
	}{
		"no receiver": {Message{}, roster.CodeInvalid},
		"priority":    {Message{To: "demo/x", Priority: "urgent"}, roster.CodeInvalid},
		"ttl":         {Message{To: "demo/x", TTL: roster.Duration(TTLMax + 1)}, roster.CodeInvalid},
		"no time":     {Message{To: "demo/x", TTL: -1}, roster.CodeInvalid},
		"topic":       {Message{To: "demo/x", Topic: string(make([]byte, TopicMax+1))}, roster.CodeInvalid},
		"id":          {Message{To: "demo/x", ID: string(make([]byte, IDMax+1))}, roster.CodeInvalid},
		"not JSON":    {Message{To: "demo/x", Body: []byte("{")}, roster.CodeInvalid},
		"body":        {Message{To: "demo/x", Body: make([]byte, BodyMax+1)}, roster.CodeTooLarge},
	} {
		if err := c.m.Validate(); roster.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, l := range []Limits{{Messages: -1}, {Messages: MessagesMax + 1}, {Bytes: BytesMax + 1}, {Overflow: "spill"}} {
		if err := l.Validate(); roster.CodeOf(err) != roster.CodeInvalid {
			t.Errorf("%+v: %v", l, err)
		}
	}
	b := New(Limits{Bytes: 300})
	m := message("a", Normal)
	m.Body = make([]byte, 100)
	if _, _, err := b.Put(m, start); roster.CodeOf(err) != roster.CodeTooLarge {
		t.Errorf("more than a box holds: %v", err)
	}
}

// TestNothingIsLostOrDoubled draws histories of senders that repeat themselves, receivers
// whose answers are lost or who are replaced, and moves to another node in parts; each
// message that was taken is finished once. The control forgets what it took.
func TestNothingIsLostOrDoubled(t *testing.T) {
	for seed := range uint64(300) {
		if lost, doubled := history(t, seed, false); lost != 0 || doubled != 0 {
			t.Fatalf("seed %d: %d lost, %d doubled", seed, lost, doubled)
		}
	}
	found := 0
	for seed := range uint64(20) {
		if _, doubled := history(t, seed, true); doubled > 0 {
			found++
		}
	}
	if found == 0 {
		t.Error("boxes that remember no ids were not found")
	}
}

// story is a history of one box.
type story struct {
	*testing.T
	draw  *rand.Rand
	b     *Box
	now   time.Time
	epoch roster.Epoch
	after uint64     // the receiver has seen to what came up to it
	given []Delivery // by the newest answer
	taken map[string]bool
	done  map[string]int
}

func history(t *testing.T, seed uint64, forgets bool) (lost, doubled int) {
	t.Helper()
	s := &story{T: t, draw: rand.New(rand.NewPCG(seed, 1)), b: New(Limits{Messages: 20}), now: start, epoch: 1, taken: map[string]bool{}, done: map[string]int{}}
	for step := range 400 {
		s.now = s.now.Add(time.Duration(s.draw.IntN(50)) * time.Millisecond)
		switch s.draw.IntN(8) {
		case 0, 1, 2:
			s.send(fmt.Sprint(s.draw.IntN(step + 1))) // many are sent twice
		case 3, 4, 5:
			s.receive()
		case 6:
			if s.draw.IntN(4) == 0 {
				s.replace()
			}
		case 7:
			if forgets {
				s.b.marks = marks{}
			}
		}
	}
	s.drain()
	for id := range s.taken {
		switch n := s.done[id]; {
		case n == 0:
			lost++
		case n > 1:
			doubled++
		}
	}
	if s.b.bytes != 0 || s.b.Len() != 0 {
		t.Errorf("seed %d: %d messages, %d bytes are left", seed, s.b.Len(), s.b.bytes)
	}
	return lost, doubled
}

func (s *story) send(id string) {
	if _, _, err := s.b.Put(message(id, []Priority{High, Normal, Low}[s.draw.IntN(3)]), s.now); err == nil {
		s.taken[id] = true
	}
}

// finished notes what the receiver has seen to, by asking for more.
func (s *story) finished() {
	for _, d := range s.given {
		if d.Number <= s.after {
			s.done[d.ID]++
		}
	}
	s.given = nil
}

// receive asks for more; some answers are lost.
func (s *story) receive() {
	got, err := s.b.Take(s.epoch, s.after, 1+s.draw.IntN(5), s.now)
	if err != nil {
		s.Fatal(err)
	}
	s.finished()
	if s.given = got; s.draw.IntN(4) > 0 && len(got) > 0 {
		s.after = got[len(got)-1].Number
	}
}

// replace ends the activation, which says at its end what it has seen to, and begins
// another, perhaps on another node.
func (s *story) replace() {
	if _, err := s.b.Take(s.epoch, s.after, 0, s.now); err != nil {
		s.Fatal(err)
	}
	s.finished()
	s.after, s.epoch = 0, s.epoch+1
	if s.draw.IntN(2) == 0 {
		s.b = moved(s.b, s.draw, s.now)
	}
}

// drain receives all that is left.
func (s *story) drain() {
	s.replace()
	for s.b.Len() > 0 {
		got, err := s.b.Take(s.epoch, s.after, 100, s.now)
		if err != nil {
			s.Fatal(err)
		}
		s.finished()
		if s.given = got; len(got) > 0 {
			s.after = got[len(got)-1].Number
		}
	}
	s.finished()
}

// moved hands a box to another, in parts.
func moved(b *Box, draw *rand.Rand, now time.Time) *Box {
	next := New(b.limits)
	for {
		part, all := b.Contents(1+draw.IntN(4), 1<<20, now)
		next.Accept(part, now)
		b.Leave(part)
		if all {
			return next
		}
	}
}

// TestThereAndBack: an agent moves and comes back while something has reached its old
// mailbox, which therefore is still there; what comes back with it is not taken for known.
func TestThereAndBack(t *testing.T) {
	a, b := New(Limits{}), New(Limits{})
	put(t, a, message("m1", Normal))
	part, _ := a.Contents(9, 1<<20, start)
	b.Accept(part, start)
	put(t, a, message("m2", Normal))
	a.Leave(part)
	part, _ = b.Contents(9, 1<<20, start)
	a.Accept(part, start)
	b.Leave(part)
	if got := ids(take(t, a, 2, 0, 9)); fmt.Sprint(got) != "[m2 m1]" || !b.Idle() && b.Len() > 0 {
		t.Errorf("got %v, %d are left behind", got, b.Len())
	}
}

func BenchmarkPutTake(b *testing.B) {
	box, m := New(Limits{}), message("", Normal)
	m.Body = make([]byte, 256)
	after := uint64(0)
	for i := 0; b.Loop(); i++ {
		m.ID = fmt.Sprint(i)
		if _, _, err := box.Put(m, start); err != nil {
			b.Fatal(err)
		}
		got, _ := box.Take(1, after, 1, start)
		after = got[0].Number
	}
}

// TestLoad: what a box has to do, and which share of the time its receiver had something.
func TestLoad(t *testing.T) {
	b, now := New(Limits{}), time.UnixMilli(1e6)
	at := func(ms int) time.Time { return now.Add(time.Duration(ms) * time.Millisecond) }
	put := func(id string, ms int) {
		if _, _, err := b.Put(Message{ID: id, To: "a/b"}, at(ms)); err != nil {
			t.Fatal(err)
		}
	}
	take := func(after uint64, ms int) {
		if _, err := b.Take(1, after, 1, at(ms)); err != nil {
			t.Fatal(err)
		}
	}
	wants := func(ms int, want Load) {
		t.Helper()
		if got := b.Load(at(ms)); got != want {
			t.Errorf("after %d ms: %+v, want %+v", ms, got, want)
		}
	}
	wants(0, Load{})
	put("1", 10)
	put("2", 20)
	wants(50, Load{Waiting: 2, Oldest: 40 * time.Millisecond, Span: 50 * time.Millisecond})
	take(0, 60)
	wants(100, Load{Waiting: 1, Handed: 1, Oldest: 80 * time.Millisecond, Busy: 80, Span: 50 * time.Millisecond})
	take(1, 110) // the second follows at once
	take(2, 125)
	wants(200, Load{Busy: 25, Span: 100 * time.Millisecond})
	wants(300, Load{Span: 100 * time.Millisecond})
	put("3", 310)
	take(2, 350)
	wants(60_000, Load{Handed: 1, Busy: 100}) // nobody has asked for so long
	wants(60_010, Load{Handed: 1, Busy: 100, Span: 10 * time.Millisecond})
}
