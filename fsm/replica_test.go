package fsm

import (
	"bytes"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"roster"
	"roster/fsm/codec"
)

// restored returns a machine that read m's snapshot.
func restored(t interface{ Fatal(...any) }, m *Machine) *Machine {
	other := New(m.shard)
	if err := other.Restore(bytes.NewReader(stream(t, m))); err != nil {
		t.Fatal(err)
	}
	return other
}

func stream(t interface{ Fatal(...any) }, m *Machine) []byte {
	var b bytes.Buffer
	if n, err := m.View().Snapshot().WriteTo(&b); err != nil || n != int64(b.Len()) {
		t.Fatal("snapshot: ", n, err)
	}
	return b.Bytes()
}

// coded returns the entry as another replica reads it from its log.
func coded(t interface{ Fatal(...any) }, e roster.Entry) roster.Entry {
	b, err := codec.AppendEntry(nil, e)
	if err != nil {
		t.Fatal(err)
	}
	out, err := codec.DecodeEntry(b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Three replicas of one log agree after every entry: the proposer's own, one that
// reads the entries from bytes, and one that is restarted from a snapshot now and
// then. They give the same answers, events and deadlines too.
func TestReplicasAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := genLog.Draw(t, "log")
		a, b, c := New(1), New(1), New(1)
		for _, e := range log {
			if rapid.IntRange(0, 3).Draw(t, "restart") == 0 {
				c = restored(t, c)
			}
			e.Ops = append(e.Ops, roster.Op{Command: roster.Tick{}})
			read := coded(t, e)
			want, alike, again := a.Apply(e), b.Apply(read), c.Apply(read)
			sameResults(t, want, alike)
			sameResults(t, alike, again)
			da, db, dc := a.View().Digest(), b.View().Digest(), c.View().Digest()
			if da != db || db != dc {
				t.Fatalf("digests differ at index %d: %x %x %x", a.Index(), da, db, dc)
			}
			atA, okA := a.View().NextDeadline()
			if atC, okC := c.View().NextDeadline(); atA != atC || okA != okC {
				t.Fatalf("next deadline %v %v, after a restart %v %v", atA, okA, atC, okC)
			}
		}
	})
}

func sameResults(t *rapid.T, a, b []roster.Result) {
	for i := range a {
		if !reflect.DeepEqual(a[i], b[i]) {
			t.Fatalf("operation %d: %+v and %+v", i, a[i], b[i])
		}
	}
}

// A digest tells states apart that differ in anything at all.
func TestDigestTellsApart(t *testing.T) {
	base := func(tail ...roster.Entry) [32]byte {
		m := New(1)
		m.Apply(roster.Entry{Shard: 1, At: 1, Ops: []roster.Op{{Request: roster.Request{Client: 1, Seq: 1}, Command: roster.OpenSession{ID: "s", TTL: 15e9}},
			{Command: roster.Register{Mode: roster.ModePut, Agent: roster.Agent{ID: "a/b", Session: "s"}}}}})
		for _, e := range tail {
			e.Shard = 1
			m.Apply(e)
		}
		return m.View().Digest()
	}
	one := func(op roster.Op) roster.Entry { return roster.Entry{At: 1, Ops: []roster.Op{op}} }
	seen := map[[32]byte]string{base(): "nothing"}
	for name, e := range map[string]roster.Entry{
		"time":    {At: 2},
		"index":   one(roster.Op{Command: roster.Tick{}}),
		"request": one(roster.Op{Command: roster.Tick{}, Request: roster.Request{Client: 1, Seq: 2}}),
		"done":    one(roster.Op{Command: roster.Tick{}, Request: roster.Request{Client: 1, Seq: 1, Done: 1}}),
		"health":  one(roster.Op{Command: roster.SetHealth{ID: "a/b", Health: roster.Health{State: roster.Warning}}}),
		"fence":   one(roster.Op{Command: roster.Fence{Agent: "a/c", Epoch: 1}}),
		"session": one(roster.Op{Command: roster.AttachSession{ID: "s", Shard: 9}}),
		"end":     one(roster.Op{Command: roster.EndSession{ID: "s"}}),
	} {
		d := base(e)
		if other, twice := seen[d]; twice {
			t.Errorf("%s has the digest of %s", name, other)
		}
		seen[d] = name
	}
}

// A snapshot that was taken stays what it was while the machine goes on.
func TestSnapshotStands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := New(1)
		for _, e := range genLog.Draw(t, "before") {
			m.Apply(e)
		}
		s, want := m.View().Snapshot(), stream(t, m)
		digest := m.View().Digest()
		for _, e := range genLog.Draw(t, "after") {
			m.Apply(e)
		}
		var got bytes.Buffer
		if _, err := s.WriteTo(&got); err != nil || !bytes.Equal(got.Bytes(), want) || s.Digest() != digest {
			t.Fatal("the snapshot changed with the machine, or ", err)
		}
	})
}

// The sections fall apart by key and grow together again: what a move of slots needs.
func TestSectionsDivideByKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := New(1)
		for _, e := range genLog.Draw(t, "log") {
			m.Apply(e)
		}
		moved := func(k roster.Key) bool { return len(k)%2 == 0 }
		stays := func(k roster.Key) bool { return !moved(k) }
		whole := newState()
		whole.index, whole.now = m.index, m.now
		parts := whole.sections()
		for i, from := range m.sections() {
			for _, in := range []func(roster.Key) bool{moved, stays} {
				from.export(in, func(body func(*codec.Writer)) {
					w := codec.NewWriter(nil)
					body(w)
					r := codec.NewReader(w.Bytes())
					parts[i].load(r)
					if err := r.Finish(); err != nil {
						t.Fatal(err)
					}
				})
			}
		}
		if whole.digest(1) != m.View().Digest() {
			t.Fatal("two halves are not the whole")
		}
	})
}
