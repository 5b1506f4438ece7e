package dht

import (
	"fmt"
	"math/rand/v2"
	"roster"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// names returns n node ids of a set; sets differ in every name.
func names(set string, n int) []roster.NodeID {
	all := make([]roster.NodeID, n)
	for i := range all {
		all[i] = roster.NodeID(fmt.Sprintf("%s%d-%08x", set, i, hash64(set+strconv.Itoa(i))>>32))
	}
	return all
}

// dumbOwner looks at every point of every node for the nearest one clockwise.
func dumbOwner(nodes []roster.NodeID, each int, key roster.Key) roster.NodeID {
	at := hash64(string(key))
	var owner roster.NodeID
	nearest := ^uint64(0)
	for _, node := range slices.Sorted(slices.Values(nodes)) {
		seed := hash64(string(node))
		for range each {
			seed += 0x9e3779b97f4a7c15
			if distance := avalanche(seed) - at; distance < nearest {
				nearest, owner = distance, node
			}
		}
	}
	return owner
}

func TestOwnerEqualsTheDumbRing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := names(rapid.StringMatching(`[a-z]{1,8}`).Draw(t, "set"), rapid.IntRange(0, 9).Draw(t, "nodes"))
		each := rapid.IntRange(1, 40).Draw(t, "points")
		keys := rapid.SliceOfN(rapid.String(), 1, 30).Draw(t, "keys")
		shuffled := slices.Clone(nodes)
		slices.Reverse(shuffled)
		r := NewRing(append(shuffled, nodes...), Options{VirtualNodes: each})
		for _, key := range keys {
			if got, want := r.Owner(roster.Key(key)), dumbOwner(nodes, each, roster.Key(key)); got != want {
				t.Fatalf("Owner(%q) = %q, want %q", key, got, want)
			}
		}
	})
}

// share returns the part of all keys that changes hands between two rings, exactly,
// and checks that none does between two nodes that are on both.
func share(t *testing.T, before, after *Ring, changed roster.NodeID) float64 {
	t.Helper()
	// The first arc is the one that goes round the end of the ring.
	last := max(before.points[len(before.points)-1].at, after.points[len(after.points)-1].at)
	moved := uint64(0)
	for i, j := 0, 0; i < len(before.points) || j < len(after.points); {
		// The keys above last and up to at belong to the next point of either ring.
		p, q := before.points[i%len(before.points)], after.points[j%len(after.points)]
		at := p.at
		if i == len(before.points) || j < len(after.points) && q.at < p.at {
			at = q.at
		}
		if from, to := before.nodes[p.node], after.nodes[q.node]; from != to {
			moved += at - last
			if from != changed && to != changed {
				t.Fatalf("keys up to %x move from %s to %s although only %s changed", at, from, to, changed)
			}
		}
		if i < len(before.points) && p.at == at {
			i++
		}
		if j < len(after.points) && q.at == at {
			j++
		}
		last = at
	}
	return float64(moved) / (1 << 63) / 2
}

// One node joins N-1 others, which is the same comparison as one leaving N: the keys
// that move are at most 1.1/N of all, and all of them are that node's.
func TestKeysMoved(t *testing.T) {
	for n := 3; n <= 20; n++ {
		worst := 0.0
		for _, set := range []string{"node-", "eu-west-1.", "x"} {
			nodes := names(set, n)
			with, without := NewRing(nodes, Options{}), NewRing(nodes[:n-1], Options{})
			moved := share(t, without, with, nodes[n-1]) * float64(n)
			if back := share(t, with, without, nodes[n-1]) * float64(n); back != moved {
				t.Errorf("N=%d: %.4f/N join but %.4f/N leave", n, moved, back)
			}
			worst = max(worst, moved)
		}
		if worst > 1.1 {
			t.Errorf("N=%d: %.4f/N of all keys move, want at most 1.1/N", n, worst)
		}
		t.Logf("N=%2d: at most %.4f/N of all keys move", n, worst)
	}
}

// What a node owns is what moves when it leaves, so every node's share counts.
func TestSharesOfKeys(t *testing.T) {
	least, most := 2.0, 0.0
	for n := 3; n <= 20; n++ {
		r := NewRing(names("node-", n), Options{})
		owned := make([]uint64, n)
		last := r.points[len(r.points)-1].at
		for _, p := range r.points {
			owned[p.node] += p.at - last
			last = p.at
		}
		for _, o := range owned {
			part := float64(o) / (1 << 63) / 2 * float64(n)
			least, most = min(least, part), max(most, part)
		}
	}
	if least < 0.9 || most > 1.1 {
		t.Errorf("shares from %.4f/N to %.4f/N, want 0.9 to 1.1", least, most)
	}
	t.Logf("shares from %.4f/N to %.4f/N", least, most)
}

func TestEmptyRing(t *testing.T) {
	r := NewRing(nil, Options{Shards: []roster.ShardID{1}})
	if got := r.Owner("a"); got != "" {
		t.Errorf("Owner = %q", got)
	}
	if got := r.Voters(1); got == nil || len(got) != 0 {
		t.Errorf("Voters(1) = %#v, want empty", got)
	}
	if got := r.Voters(2); got != nil {
		t.Errorf("Voters of an unknown shard = %v", got)
	}
}

func TestReplicasByDefault(t *testing.T) {
	for nodes, want := range []int{0, 1, 1, 3, 3, 3} {
		r := NewRing(names("n", nodes), Options{Shards: []roster.ShardID{7}, VirtualNodes: 8})
		if got := len(r.Voters(7)); got != want {
			t.Errorf("%d nodes: %d voters, want %d", nodes, got, want)
		}
	}
}

func TestRingIsACopy(t *testing.T) {
	r := NewRing(names("n", 3), Options{Shards: []roster.ShardID{1}, VirtualNodes: 8})
	want := r.Voters(1)
	r.Voters(1)[0], r.Assignment()[0].Voters[0], r.Nodes()[0] = "x", "x", "x"
	if got := r.Voters(1); !slices.Equal(got, want) || r.Nodes()[0] == "x" {
		t.Errorf("a caller's change went through: %v", got)
	}
}

func BenchmarkNewRing(b *testing.B) {
	for _, n := range []int{3, 20} {
		b.Run(strconv.Itoa(n)+"nodes", func(b *testing.B) {
			nodes, shards := names("node-", n), shardsUpTo(roster.ShardsMax)
			for b.Loop() {
				NewRing(nodes, Options{Shards: shards})
			}
		})
	}
}

func BenchmarkOwner(b *testing.B) {
	r := NewRing(names("node-", 20), Options{})
	keys := make([]roster.Key, 1024)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range keys {
		keys[i] = roster.Key("a/demo/agent-" + strconv.Itoa(rng.Int()))
	}
	i := 0
	for b.Loop() {
		r.Owner(keys[i%len(keys)])
		i++
	}
}
