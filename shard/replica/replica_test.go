package replica

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"roster"
	"roster/fsm"
	"roster/fsm/codec"
	"roster/internal/bubble"
)

func entry(t *testing.T, index uint64, e roster.Entry) *raft.Log {
	t.Helper()
	b, err := codec.AppendEntry(nil, e)
	must(t, err)
	return &raft.Log{Index: index, Term: 1, Type: raft.LogCommand, Data: b}
}

func tick(shard roster.ShardID, at roster.LogTime) roster.Entry {
	return roster.Entry{Shard: shard, At: at, Ops: []roster.Op{{Command: roster.Tick{Shard: shard}}}}
}

// TestBadEntriesStopTheMachine: what cannot be applied everywhere alike is applied
// nowhere further.
func TestBadEntriesStopTheMachine(t *testing.T) {
	for name, bad := range map[string]*raft.Log{
		"noise":       {Index: 2, Term: 1, Data: []byte("not an entry")},
		"empty":       {Index: 2, Term: 1},
		"other shard": entry(t, 2, tick(9, 0)),
	} {
		t.Run(name, func(t *testing.T) {
			var faults []error
			var applied uint64
			r := New(1, fsm.New(1), Options{OnApply: func(i uint64) { applied = i }, OnFault: func(err error) { faults = append(faults, err) }})
			out := r.ApplyBatch([]*raft.Log{entry(t, 1, tick(1, 5)), bad, entry(t, 3, tick(1, 6)), {Index: 4, Type: raft.LogConfiguration}})
			if first := out[0].(*Outcome); first.Err != nil || len(first.Results) != 1 {
				t.Errorf("good entry: %+v", first)
			}
			for _, o := range []interface{}{out[1], out[2]} {
				if o.(*Outcome).Err == nil {
					t.Errorf("applied: %+v", o)
				}
			}
			if len(faults) != 1 || !strings.Contains(faults[0].Error(), "log entry 2 of term 1") {
				t.Errorf("faults %v", faults)
			}
			if applied != 1 || r.Applied() != 1 || r.Index() != 1 || r.LogTime() != 5 {
				t.Errorf("applied %d/%d, index %d, time %d", applied, r.Applied(), r.Index(), r.LogTime())
			}
			if _, err := r.Snapshot(); !errors.Is(err, faults[0]) {
				t.Errorf("snapshot: %v", err)
			}
			if err := r.Restore(io.NopCloser(strings.NewReader(""))); !errors.Is(err, faults[0]) {
				t.Errorf("restore: %v", err)
			}
		})
	}
}

// entries is a log of the types that a string spells: c command, n no-op, b barrier.
type entries struct {
	raft.LogStore
	types string
}

func (e entries) GetLog(index uint64, log *raft.Log) error {
	switch e.types[index-1] {
	case 'n':
		log.Type = raft.LogNoop
	case 'b':
		log.Type = raft.LogBarrier
	default:
		log.Type = raft.LogCommand
	}
	return nil
}

// TestFreshness: a message counts from when it came, once what it told is applied;
// entries that the machine never sees hold nothing up.
func TestFreshness(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := NewFreshness(entries{types: "ccccnb"})
		second := func() { <-time.After(time.Second) }
		want := func(age time.Duration) {
			t.Helper()
			if got := f.Age(time.Now()); got != age {
				t.Errorf("age %v, want %v", got, age)
			}
		}
		want(Never)
		f.Tell(2, time.Now())
		second()
		f.Tell(4, time.Now())
		second()
		want(Never)
		f.Apply(2)
		want(2 * time.Second)
		f.Apply(3)
		want(2 * time.Second)
		f.Apply(4)
		want(time.Second)
		f.Tell(6, time.Now())
		want(0)
		second()
		f.Tell(3, time.Now())
		want(0)
		second()
		f.Carry(time.Now().Add(-time.Hour))
		want(time.Second)
	})
}
