package dht

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"roster"
)

// readerOptions puts agents' shards beside a system shard, whose voters hold that much
// more.
func readerOptions(nodes []roster.NodeID, all []roster.ShardVoters, readers roster.Readers) ReaderOptions {
	o := ReaderOptions{Nodes: nodes, Readers: readers, Held: map[roster.NodeID]int{}}
	for _, s := range all {
		if s.ID != roster.SystemShard {
			o.Shards = append(o.Shards, s)
			continue
		}
		for _, id := range s.Voters {
			o.Held[id]++
		}
	}
	return o
}

// readerFaults returns what is wrong with a choice of readers, "" if nothing is.
func readerFaults(o ReaderOptions, all []roster.ShardVoters) string {
	load := make([]int, len(o.Nodes))
	for n, id := range o.Nodes {
		load[n] = o.Held[id]
	}
	for _, s := range all {
		if others := len(without(o.Nodes, s.Voters)); len(s.Readers) != ReaderCount(o.Readers, others) {
			return "wrong number of readers"
		}
		if len(sortedSet(s.Readers)) != len(s.Readers) || len(without(s.Readers, s.Voters)) != len(s.Readers) {
			return "a reader twice, or one that votes"
		}
		for _, id := range append(slices.Clone(s.Voters), s.Readers...) {
			n := slices.Index(o.Nodes, id)
			if n < 0 {
				return "a reader is no node"
			}
			load[n]++
		}
	}
	if len(load) == 0 {
		return ""
	}
	if most, least := extremes(load); load[most]-load[least] > 1 {
		return "replicas are out of balance"
	}
	return ""
}

// TestReaders: whatever the numbers, and whoever reads now, every shard has as many readers
// as are wanted and may be had, and no node holds two replicas more than another.
func TestReaders(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := names("n", rapid.IntRange(1, 16).Draw(t, "nodes"))
		shards := shardsUpTo(rapid.IntRange(1, 33).Draw(t, "shards"))
		ring := NewRing(nodes, Options{Shards: shards, VirtualNodes: 16})
		o := readerOptions(nodes, ring.Assignment(), roster.Readers(rapid.IntRange(-1, 9).Draw(t, "readers")))
		strangers := append(names("x", 3), nodes...)
		o.Current = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) roster.ShardVoters {
			return roster.ShardVoters{ID: roster.ShardID(rapid.IntRange(0, 33).Draw(t, "shard")),
				Readers: rapid.SliceOfN(rapid.SampledFrom(strangers), 0, 9).Draw(t, "readers")}
		}), 0, 33).Draw(t, "current")
		got := Readers(o)
		if fault := readerFaults(o, got); fault != "" {
			t.Fatalf("%s: %+v", fault, got)
		}
		if again := Readers(o); !reflect.DeepEqual(got, again) {
			t.Fatalf("not the same twice: %+v, %+v", got, again)
		}
		o.Current = got
		if again := Readers(o); !reflect.DeepEqual(got, again) {
			t.Fatalf("what is in its place moves: %+v, then %+v", got, again)
		}
	})
}

// TestReaderFaultsAreSeen: the check itself can fail.
func TestReaderFaultsAreSeen(t *testing.T) {
	o := ReaderOptions{Nodes: names("n", 4), Readers: 1}
	n := o.Nodes
	for _, bad := range [][]roster.ShardVoters{
		{{ID: 1, Voters: n[:1]}},
		{{ID: 1, Voters: n[:1], Readers: n[:1]}},
		{{ID: 1, Voters: n[:1], Readers: []roster.NodeID{"x"}}},
		{{ID: 1, Voters: n[:1], Readers: n[1:2]}, {ID: 2, Voters: n[:1], Readers: n[1:2]}},
	} {
		if readerFaults(o, bad) == "" {
			t.Errorf("nothing is wrong with %+v", bad)
		}
	}
}

// TestFewReadersMove: of a node that goes only its own readers move, and one that comes
// takes over no more than its share.
func TestFewReadersMove(t *testing.T) {
	moved, total, goneMoved, goneHeld := 0, 0, 0, 0
	for size := 6; size <= 16; size++ {
		nodes, shards := names("n", size), shardsUpTo(17)
		ring := NewRing(nodes, Options{Shards: shards, VirtualNodes: 64})
		before := Readers(readerOptions(nodes, ring.Assignment(), 2))
		grown := append(slices.Clone(nodes), "n99")
		o := readerOptions(grown, NewRing(grown, Options{Shards: shards, Current: ring.Assignment(), VirtualNodes: 64}).Assignment(), 2)
		o.Current = before
		for _, s := range Readers(o) {
			moved += len(without(s.Readers, votersOf(readersAsVoters(before), s.ID)))
			total += len(s.Readers)
		}
		o = readerOptions(nodes[1:], NewRing(nodes[1:], Options{Shards: shards, Current: ring.Assignment(), VirtualNodes: 64}).Assignment(), 2)
		o.Current = before
		for _, s := range Readers(o) {
			old := votersOf(readersAsVoters(before), s.ID)
			goneMoved += len(without(s.Readers, old))
			goneHeld += len(without(old, s.Readers))
		}
	}
	t.Logf("a join moves %d of %d readers, a leave %d where %d went", moved, total, goneMoved, goneHeld)
	if moved*4 > total {
		t.Errorf("a join moves %d of %d readers", moved, total)
	}
	if goneMoved*3 > total {
		t.Errorf("a leave moves %d readers of %d", goneMoved, total)
	}
}

func TestReaderCount(t *testing.T) {
	for _, test := range []struct {
		r            roster.Readers
		others, want int
	}{{roster.ReadersAll, 4, 4}, {roster.ReadersNone, 4, 0}, {2, 4, 2}, {2, 1, 1}} {
		if got := ReaderCount(test.r, test.others); got != test.want {
			t.Errorf("%v of %d: %d, want %d", test.r, test.others, got, test.want)
		}
	}
}
