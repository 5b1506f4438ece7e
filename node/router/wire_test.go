package router

import (
	"bytes"
	"reflect"
	"testing"

	"roster"
	"roster/fsm/codec"
)

// encoded writes operations as routers carry them.
func encoded(t testing.TB, ops ...roster.Op) []Op {
	t.Helper()
	out := make([]Op, len(ops))
	for i, op := range ops {
		var err error
		if out[i], err = codec.Encode(op); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestOpsTravel(t *testing.T) {
	ops := encoded(t,
		roster.Op{Request: roster.Request{Client: 7, Seq: 2, Done: 1}, Ring: 3, Command: roster.Deregister{ID: "a/b"}},
		roster.Op{Command: roster.EndSession{ID: "s", Shard: 4}},
	)
	body := appendOps(nil, 5, together, ops)
	if len(body) > opsBytes(ops) {
		t.Errorf("%d bytes, promised were at most %d", len(body), opsBytes(ops))
	}
	shard, m, got, err := decodeOps(body)
	if err != nil || shard != 5 || m != together || !reflect.DeepEqual(got, ops) {
		t.Errorf("got shard %d, %+v, %v", shard, got, err)
	}
	if !got[0].Exact() || got[1].Exact() {
		t.Error("which operation may be sent again has changed")
	}
}

// An operation that this release cannot read is refused before it reaches a log.
func TestUnreadableOpsAreRefused(t *testing.T) {
	body := appendOps(nil, 5, apart, encoded(t, roster.Op{Command: roster.Deregister{ID: "a/b"}}))
	kind := bytes.IndexByte(body, byte(roster.KindDeregister))
	for name, change := range map[string]func([]byte){
		"a newer kind":   func(b []byte) { b[kind] = 0x7f },
		"a newer manner": func(b []byte) { b[1] = byte(together) + 1 },
		"half of it":     func(b []byte) { b[3]-- },
	} {
		b := bytes.Clone(body)
		change(b)
		if _, _, _, err := decodeOps(b); roster.CodeOf(err) != roster.CodeInternal {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOutcomesTravel(t *testing.T) {
	body, err := appendOutcomes(nil, apart, []Outcome{
		{Result: roster.Result{Index: 9, Err: roster.Errorf(roster.CodeConflict, "taken")}},
		{err: &roster.Error{Code: roster.CodeMoved, Leader: "n-2", Shard: 3}},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeOutcomes(body, 2)
	if err != nil {
		t.Fatal(err)
	}
	if got[0].err != nil || got[0].Index != 9 || roster.CodeOf(got[0].Err) != roster.CodeConflict {
		t.Errorf("a refusal came back as %+v", got[0])
	}
	if moved, ok := got[1].err.(*roster.Error); !ok || moved.Code != roster.CodeMoved || moved.Leader != "n-2" {
		t.Errorf("a fault came back as %+v", got[1])
	}
}

// Of a record, a batch gets the revision; who writes alone gets all of it.
func TestBatchesGetRevisions(t *testing.T) {
	record := &roster.Record{Revision: 4}
	record.ID, record.Description = "a/b", "long"
	changed := Outcome{Result: roster.Result{Index: 4, Value: roster.Change{Outcome: roster.OutcomeUpdated, Record: record}}}
	for m, want := range map[manner]string{apart: "long", together: ""} {
		body, err := appendOutcomes(nil, m, []Outcome{changed})
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeOutcomes(body, 1)
		if err != nil {
			t.Fatal(err)
		}
		change, _ := got[0].Value.(roster.Change)
		if change.Outcome != roster.OutcomeUpdated || change.Record.Revision != 4 || change.Record.ID != "a/b" || change.Record.Description != want {
			t.Errorf("manner %d: %+v", m, change.Record)
		}
	}
	if record.Description == "" {
		t.Error("the record itself was changed")
	}
}

func FuzzDecodeOps(f *testing.F) {
	f.Add(appendOps(nil, 5, apart, encoded(f, roster.Op{Command: roster.Deregister{ID: "a/b"}})))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, b []byte) {
		shard, m, ops, err := decodeOps(b)
		if err != nil {
			return
		}
		if _, _, again, err := decodeOps(appendOps(nil, shard, m, ops)); err != nil || !reflect.DeepEqual(again, ops) {
			t.Fatalf("%v came back as %v, %v", ops, again, err)
		}
	})
}

func FuzzDecodeOutcomes(f *testing.F) {
	f.Add([]byte{0, 1, 0}, 1)
	f.Fuzz(func(t *testing.T, b []byte, count int) {
		if count < 0 || count > roster.BatchMax {
			return
		}
		if outcomes, err := decodeOutcomes(b, count); err == nil && len(outcomes) != count {
			t.Fatalf("%d outcomes for %d", len(outcomes), count)
		}
	})
}

// Who asks travels with an operation, in the bytes that go to the leader and into the log.
func TestOperationsSayWhoAsks(t *testing.T) {
	r := New(Config{Self: "n-1"})
	defer r.Close()
	for _, who := range []roster.Principal{"", "a1"} {
		op, done, err := r.Op(roster.WithPrincipal(t.Context(), who), 1, roster.Tick{})
		if err != nil {
			t.Fatal(err)
		}
		done()
		_, _, there, err := decodeOps(appendOps(nil, 1, apart, []Op{op}))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := there[0].Op(); err != nil || got.By != who {
			t.Errorf("%q asked, the leader hears of %q, %v", who, got.By, err)
		}
	}
}
