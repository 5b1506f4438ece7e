package figures_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"roster"
	"roster/fsm"
)

// BenchmarkLookup reads random agents of the population in process: through a node,
// out of one state machine, and out of a plain Go map of the same records. "all" reads
// on every core at once.
func BenchmarkLookup(b *testing.B) {
	n := single(b, roster.DurabilityNone)
	fill(b, n, population)
	keys := ids(population)
	records := make([]*roster.Record, len(keys))
	plain := make(map[roster.AgentID]*roster.Record, len(keys))
	for i, id := range keys {
		r, _, err := n.Lookup(context.Background(), id, roster.Read{})
		if err != nil {
			b.Fatal(err)
		}
		records[i], plain[id] = r, r
	}
	ctx := context.Background()
	read(b, "node", keys, func(id roster.AgentID) bool {
		r, _, err := n.Lookup(ctx, id, roster.Read{Level: roster.ReadLocal})
		return err == nil && r.ID == id
	})
	machine := oneMachine(records)
	read(b, "fsm", keys, func(id roster.AgentID) bool {
		r, ok := machine.Lookup(id)
		return ok && r.ID == id
	})
	read(b, "map", keys, func(id roster.AgentID) bool {
		r, ok := plain[id]
		return ok && r.ID == id
	})
}

// read looks up keys on one core and then on all.
func read(b *testing.B, name string, keys []roster.AgentID, get func(roster.AgentID) bool) {
	b.Run(name+"/one", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if !get(keys[i%len(keys)]) {
				b.Fatal("not found")
			}
		}
	})
	b.Run(name+"/all", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for i := rand.IntN(len(keys)); pb.Next(); i++ {
				if !get(keys[i%len(keys)]) {
					b.Error("not found")
					return
				}
			}
		})
	})
}

// oneMachine returns a state machine that holds records.
func oneMachine(records []*roster.Record) *fsm.Machine {
	m := fsm.New(1)
	for _, r := range records {
		m.Apply(roster.Entry{Shard: 1, Ops: []roster.Op{{Command: roster.Register{Agent: r.Agent}}}})
	}
	return m
}
