package router

import (
	"reflect"
	"testing"

	"roster"
)

func TestOpsTravel(t *testing.T) {
	ops := []roster.Op{
		{Request: roster.Request{Client: 7, Seq: 2, Done: 1}, Ring: 3, Command: roster.Deregister{ID: "a/b"}},
		{Command: roster.EndSession{ID: "s", Shard: 4}},
	}
	body, err := appendOps(nil, 5, ops)
	if err != nil {
		t.Fatal(err)
	}
	shard, got, err := decodeOps(body)
	if err != nil || shard != 5 || !reflect.DeepEqual(got, ops) {
		t.Errorf("got shard %d, %+v, %v", shard, got, err)
	}
}

func TestOutcomesTravel(t *testing.T) {
	body, err := appendOutcomes(nil, []Outcome{
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

func FuzzDecodeOps(f *testing.F) {
	body, err := appendOps(nil, 5, []roster.Op{{Command: roster.Deregister{ID: "a/b"}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, b []byte) {
		shard, ops, err := decodeOps(b)
		if err != nil {
			return
		}
		again, err := appendOps(nil, shard, ops)
		if err != nil {
			t.Fatalf("decoded operations do not encode: %v", err)
		}
		if _, _, err := decodeOps(again); err != nil {
			t.Fatalf("do not decode again: %v", err)
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
