package shard

import (
	"testing"
	"time"

	"roster/fsm/codec"
	"roster/internal/bubble"
	"roster/shard/logstore"
)

// TestBulkLoadsAreCompacted: a few entries of a thousand operations each are no reason
// for Raft to take a snapshot, and a reason for us, once and not again.
func TestBulkLoadsAreCompacted(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		c := muster(t, logstore.Memory, 1, nil)
		defer c.disband()
		g := c.leader()
		for _, step := range []struct{ batches, snapshots int }{{10, 0}, {10, 1}, {0, 1}} {
			for batch := range step.batches {
				bulk(t, g, 1000*batch, 1000)
			}
			<-time.After(2 * compactEvery)
			list, err := g.snaps.List()
			must(t, err)
			if len(list) != step.snapshots {
				t.Fatalf("%d snapshots after %d more batches, want %d", len(list), step.batches, step.snapshots)
			}
		}
	})
}

// bulk registers n agents from low on as one batch.
func bulk(t *testing.T, g *Group, low, n int) {
	t.Helper()
	ops := make([]codec.Encoded, n)
	for i := range ops {
		op, err := codec.Encode(register(low + i))
		must(t, err)
		ops[i] = op
	}
	for i, a := range g.ProposeAll(t.Context(), ops) {
		if a.Err != nil || a.Result.Err != nil {
			t.Fatalf("agent %d: %v, refused: %v", low+i, a.Err, a.Result.Err)
		}
	}
}
