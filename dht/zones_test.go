package dht

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"roster"
)

// zoned makes nodes in zones of these sizes.
func zoned(sizes ...int) (nodes []roster.NodeID, zones map[roster.NodeID]string) {
	zones = map[roster.NodeID]string{}
	for z, size := range sizes {
		for n := range size {
			id := roster.NodeID(fmt.Sprintf("n%d-%d", z, n))
			nodes = append(nodes, id)
			zones[id] = fmt.Sprintf("z%d", z)
		}
	}
	return nodes, zones
}

// zoneFaults says what is wrong with how voters are spread over zones.
func zoneFaults(all []roster.ShardVoters, nodes []roster.NodeID, zones map[roster.NodeID]string, most, gap int) string {
	load := map[roster.NodeID]int{}
	for _, s := range all {
		in := map[string]int{}
		for _, id := range s.Voters {
			in[zones[id]]++
			load[id]++
		}
		for zone, n := range in {
			if n > most {
				return fmt.Sprintf("zone %s has %d voters of shard %d; at most %d", zone, n, s.ID, most)
			}
		}
	}
	low, high := 1<<30, 0
	for _, id := range nodes {
		low, high = min(low, load[id]), max(high, load[id])
	}
	if high-low > gap {
		return fmt.Sprintf("nodes vote in %d to %d shards", low, high)
	}
	return ""
}

// TestZonesOfOneSize: with zones of one size both promises hold, whoever votes now: no zone
// has more than its part of a shard's voters, and no node votes in two shards more than
// another.
func TestZonesOfOneSize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count, size := rapid.IntRange(1, 5).Draw(t, "zones"), rapid.IntRange(1, 5).Draw(t, "size")
		nodes, zones := zoned(slices.Repeat([]int{size}, count)...)
		o := Options{Shards: shardsUpTo(rapid.IntRange(1, 33).Draw(t, "shards")), Replicas: rapid.IntRange(1, 5).Draw(t, "voters"), Zones: zones, VirtualNodes: 16}
		o.Current = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) roster.ShardVoters {
			return roster.ShardVoters{ID: roster.ShardID(rapid.IntRange(0, 33).Draw(t, "shard")),
				Voters: rapid.SliceOfN(rapid.SampledFrom(nodes), 0, 9).Draw(t, "voters")}
		}), 0, 33).Draw(t, "current")
		voters := min(o.Replicas, len(nodes))
		all := NewRing(nodes, o).Assignment()
		if fault := zoneFaults(all, nodes, zones, (voters+count-1)/count, 1); fault != "" {
			t.Fatalf("%s: %+v", fault, all)
		}
		if fault := faults(all, nodes, voters); fault != "" {
			t.Fatalf("%s: %+v", fault, all)
		}
		o.Current = all
		if moves := Diff(all, NewRing(nodes, o).Assignment()); len(moves) > 0 {
			t.Fatalf("what is in its place moves: %+v", moves)
		}
	})
}

// TestZonesOfAnySize: zones come first: no zone has more voters of a shard than it must.
func TestZonesOfAnySize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(1, 6), 1, 5).Draw(t, "sizes")
		nodes, zones := zoned(sizes...)
		o := Options{Shards: shardsUpTo(rapid.IntRange(1, 33).Draw(t, "shards")), Replicas: rapid.IntRange(1, 5).Draw(t, "voters"), Zones: zones, VirtualNodes: 16}
		most := 1
		for room := 0; room < min(o.Replicas, len(nodes)); most++ {
			room = 0
			for _, size := range sizes {
				room += min(size, most)
			}
		}
		all := NewRing(nodes, o).Assignment()
		if fault := zoneFaults(all, nodes, zones, max(most-1, 1), 1<<30); fault != "" {
			t.Fatalf("%s: %+v", fault, all)
		}
	})
}

// TestOneZoneIsNone: nodes without labels, and nodes that all have the same, vote as they
// ever did.
func TestOneZoneIsNone(t *testing.T) {
	nodes, zones := zoned(7)
	o := Options{Shards: shardsUpTo(17)}
	plain := NewRing(nodes, o).Assignment()
	o.Zones = zones
	if moves := Diff(plain, NewRing(nodes, o).Assignment()); len(moves) > 0 {
		t.Errorf("one zone makes a difference: %+v", moves)
	}
}

// TestZoneFaultsAreSeen: the check itself can fail.
func TestZoneFaultsAreSeen(t *testing.T) {
	nodes, zones := zoned(2, 1)
	if zoneFaults([]roster.ShardVoters{{ID: 1, Voters: nodes[:2]}}, nodes, zones, 1, 9) == "" {
		t.Error("two voters in a zone are not seen")
	}
	if zoneFaults([]roster.ShardVoters{{ID: 1, Voters: nodes[:1]}, {ID: 2, Voters: nodes[:1]}}, nodes, zones, 1, 1) == "" {
		t.Error("an uneven load is not seen")
	}
}
