package table

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"roster"
)

func record(id roster.AgentID, revision roster.Index) *roster.Record {
	return &roster.Record{Agent: roster.Agent{ID: id}, Revision: revision}
}

// A reader that loads the index first never finds an older record, while the writer
// puts, while others come and go, and while everything is replaced.
func TestIndexNeverAheadOfRecords(t *testing.T) {
	roll := NewRoll()
	table := New(roll)
	roll.Put(record("a/b", 0))
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				at := table.Index()
				if r, ok := table.Get("a/b"); !ok || r.Revision < at {
					t.Errorf("index %d, but record %v %v", at, r, ok)
					return
				}
			}
		})
	}
	for i := roster.Index(1); i <= 20000; i++ {
		r := record("a/b", i)
		if i%1000 == 0 {
			roll = NewRoll()
			roll.Put(r)
			table.Show(roll, i)
			continue
		}
		roll.Put(record(roster.AgentID(fmt.Sprint("a/", i)), i))
		roll.Put(r)
		if i%3 != 0 {
			roll.Delete(roster.AgentID(fmt.Sprint("a/", i-1)))
		}
		table.Publish(i)
	}
	close(done)
	readers.Wait()
}

func TestDelete(t *testing.T) {
	roll := NewRoll()
	roll.Put(record("a/b", 1))
	roll.Put(record("a/c", 2))
	roll.Delete("a/b")
	if _, ok := roll.Get("a/b"); ok || roll.Len() != 1 {
		t.Errorf("a/b still there, or %d records instead of 1", roll.Len())
	}
	if _, known := roll.Delete("a/b"); known {
		t.Error("removed twice")
	}
}

// A roll holds what a map holds, whatever came and went, and its ordinals stay dense.
func TestRollAgreesWithMap(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	roll, want, most := NewRoll(), map[roster.AgentID]*roster.Record{}, 0
	for step := range 200_000 {
		id := roster.AgentID(fmt.Sprint("a/", rng.IntN(20_000)))
		// It fills, empties and fills again.
		if rng.IntN(10) < 8-6*(step/50_000%2) {
			r := record(id, roster.Index(step))
			ordinal := roll.Put(r)
			want[id] = r
			if roll.At(ordinal) != r {
				t.Fatalf("step %d: %s is not at its ordinal %d", step, id, ordinal)
			}
		} else {
			_, known := roll.Delete(id)
			if known != (want[id] != nil) {
				t.Fatalf("step %d: deleted %s: %v", step, id, known)
			}
			delete(want, id)
		}
		most = max(most, len(want))
		if r, ok := roll.Get(id); ok != (want[id] != nil) || r != want[id] || roll.Len() != len(want) {
			t.Fatalf("step %d: %s is %v, want %v; %d of %d", step, id, r, want[id], roll.Len(), len(want))
		}
	}
	for id, r := range want {
		if got, _ := roll.Get(id); got != r {
			t.Errorf("%s is %v, want %v", id, got, r)
		}
	}
	if int(roll.next) != most || roll.At(roll.next) != nil {
		t.Errorf("%d ordinals were given for at most %d agents at once", roll.next, most)
	}
}

// Coming and going makes no bucket grow.
func TestRollDoesNotGrow(t *testing.T) {
	roll := NewRoll()
	for i := range 200_000 {
		roll.Put(record(roster.AgentID(fmt.Sprint("a/", i)), 1))
		if i >= 1000 {
			roll.Delete(roster.AgentID(fmt.Sprint("a/", i-1000)))
		}
	}
	slots := 0
	for i := range roll.buckets {
		slots += len(roll.buckets[i].Load().slots)
	}
	if slots > 16*1000 || len(*roll.pages.Load()) > 2 {
		t.Errorf("%d slots and %d pages for 1000 agents", slots, len(*roll.pages.Load()))
	}
}
