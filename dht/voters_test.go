package dht

import (
	"math/rand/v2"
	"roster"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func shardsUpTo(n int) []roster.ShardID {
	shards := make([]roster.ShardID, n)
	for i := range shards {
		shards[i] = roster.ShardID(i)
	}
	return shards
}

// faults returns what is wrong with an assignment, "" if nothing is.
func faults(all []roster.ShardVoters, nodes []roster.NodeID, want int) string {
	votes, leads := make([]int, len(nodes)), make([]int, len(nodes))
	for _, v := range all {
		if len(v.Voters) != want {
			return "wrong number of voters"
		}
		if len(sortedSet(v.Voters)) != want {
			return "a node votes twice in a shard"
		}
		for i, id := range v.Voters {
			n := slices.Index(nodes, id)
			if n < 0 {
				return "a voter is no node"
			}
			votes[n]++
			if i == 0 {
				leads[n]++
			}
		}
	}
	if len(nodes) == 0 {
		return ""
	}
	if most, least := extremes(votes); votes[most]-votes[least] > 1 {
		return "voters are out of balance"
	}
	if most, least := extremes(leads); leads[most]-leads[least] > 1 {
		return "leaders are out of balance"
	}
	return ""
}

// floor returns the least number of voters that any balanced assignment moves: every
// gap must be filled, every node above its share must shed, every one below must gain.
func floor(current []roster.ShardVoters, nodes []roster.NodeID, want int) int {
	load := make([]int, len(nodes))
	gaps := 0
	for _, v := range current {
		present := 0
		for _, id := range v.Voters {
			if n := slices.Index(nodes, id); n >= 0 {
				load[n]++
				present++
			}
		}
		gaps += want - present
	}
	base, spare := want*len(current)/len(nodes), want*len(current)%len(nodes)
	slices.Sort(load)
	slices.Reverse(load)
	shed, gain := 0, 0
	for i, l := range load { // the fullest nodes keep the odd voters
		target := base
		if i < spare {
			target++
		}
		shed += max(0, l-target)
		gain += max(0, target-l)
	}
	return max(gaps, shed, gain)
}

func added(moves []Move) int {
	n := 0
	for _, m := range moves {
		n += len(m.Add)
	}
	return n
}

// Whatever stands there now, even nonsense, voters and leaders come out balanced.
func TestVotersAreBalanced(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := names("n", rapid.IntRange(0, 24).Draw(t, "nodes"))
		shards := shardsUpTo(rapid.IntRange(0, roster.ShardsMax).Draw(t, "shards"))
		replicas := rapid.IntRange(1, 7).Draw(t, "replicas")
		strangers := append(slices.Clone(nodes), "gone-1", "gone-2")
		current := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) roster.ShardVoters {
			return roster.ShardVoters{
				ID:     roster.ShardID(rapid.IntRange(0, roster.ShardsMax).Draw(t, "shard")),
				Voters: rapid.SliceOfN(rapid.SampledFrom(strangers), 0, 9).Draw(t, "voters"),
			}
		}), 0, 40).Draw(t, "current")
		o := Options{Shards: shards, Replicas: replicas, VirtualNodes: 16, Current: current}
		r := NewRing(nodes, o)
		if f := faults(r.Assignment(), slices.Sorted(slices.Values(nodes)), min(replicas, len(nodes))); f != "" {
			t.Fatalf("%s: %v", f, r.Assignment())
		}
		slices.Reverse(nodes)
		if moves := Diff(r.Assignment(), NewRing(nodes, o).Assignment()); moves != nil {
			t.Fatalf("the order of nodes changes %v", moves)
		}
		o.Current = r.Assignment()
		if moves := Diff(o.Current, NewRing(nodes, o).Assignment()); moves != nil {
			t.Fatalf("a second time moves %v", moves)
		}
	})
}

// A join moves the least that any balanced assignment can move; a leave one voter
// more at most for each voter lost.
func TestVotersMoveOnlyForBalance(t *testing.T) {
	for _, shards := range []int{2, 9, 64} {
		o := Options{Shards: shardsUpTo(shards), VirtualNodes: 64}
		excess, changes, leads := 0, 0, 0
		for n := 3; n <= 20; n++ {
			nodes := slices.Sorted(slices.Values(names("node-", n+1)))
			o.Current = nil
			before := NewRing(nodes[:n], o).Assignment()
			o.Current = before
			joined := NewRing(nodes, o).Assignment()
			join := Diff(before, joined)
			if got, want := added(join), floor(before, nodes, 3); got != want {
				t.Errorf("%d shards, %d nodes and one: %d voters move, want %d", shards, n, got, want)
			}
			o.Current = joined
			for i := range nodes {
				rest := slices.Delete(slices.Clone(nodes), i, i+1)
				leave := Diff(joined, NewRing(rest, o).Assignment())
				got, want := added(leave), floor(joined, rest, 3)
				if got > 2*want {
					t.Errorf("%d shards, %d nodes less one: %d voters move, want about %d", shards, n+1, got, want)
				}
				excess += got - want
				changes++
				for _, m := range leave {
					if m.Leader != "" {
						leads++
					}
				}
			}
		}
		t.Logf("%2d shards: %d leaves move %d voters beyond the least possible, and %d preferred leaders", shards, changes, excess, leads)
		if excess*20 > changes {
			t.Errorf("%d shards: %d voters beyond the least in %d leaves: not rare", shards, excess, changes)
		}
	}
}

// A long life of joins and leaves keeps the balance at every step.
func TestVotersOverALongLife(t *testing.T) {
	const seed = 20
	rng := rand.New(rand.NewPCG(seed, seed))
	pool := slices.Sorted(slices.Values(names("node-", 24)))
	nodes := slices.Clone(pool[:3])
	o := Options{Shards: shardsUpTo(9), VirtualNodes: 32}
	for step := range 500 {
		if id := pool[rng.IntN(len(pool))]; !slices.Contains(nodes, id) {
			nodes = append(nodes, id)
		} else if len(nodes) > 3 {
			nodes = slices.DeleteFunc(nodes, func(x roster.NodeID) bool { return x == id })
		}
		slices.Sort(nodes)
		next := NewRing(nodes, o).Assignment()
		if f := faults(next, nodes, 3); f != "" {
			t.Fatalf("seed %d, step %d: %s: %v", seed, step, f, next)
		}
		o.Current = next
	}
}

// Without Current the sets alone decide, and more moves: how many times what balance
// needs stands in the package comment.
func TestVotersWithoutCurrent(t *testing.T) {
	for _, shards := range []int{9, 64} {
		o := Options{Shards: shardsUpTo(shards), VirtualNodes: 512}
		moved, needed := 0, 0
		for n := 3; n < 20; n++ {
			nodes := slices.Sorted(slices.Values(names("node-", n+1)))
			fewer, more := NewRing(nodes[:n], o).Assignment(), NewRing(nodes, o).Assignment()
			moved += added(Diff(fewer, more)) + added(Diff(more, fewer))
			needed += floor(fewer, nodes, 3) + floor(more, nodes[:n], 3)
		}
		t.Logf("%d shards: %d voters move where balance needs %d", shards, moved, needed)
		if moved > 2*needed {
			t.Errorf("%d shards: %d voters move, more than twice the %d that balance needs", shards, moved, needed)
		}
	}
}

func TestDiff(t *testing.T) {
	old := []roster.ShardVoters{
		{ID: 1, Voters: []roster.NodeID{"a", "b", "c"}},
		{ID: 2, Voters: []roster.NodeID{"a", "b", "c"}},
		{ID: 3, Voters: []roster.NodeID{"a", "b", "c"}},
		{ID: 4, Voters: []roster.NodeID{"a"}},
	}
	next := []roster.ShardVoters{
		{ID: 5, Voters: []roster.NodeID{"d", "a"}},
		{ID: 3, Voters: []roster.NodeID{"b", "c", "a"}},
		{ID: 2, Voters: []roster.NodeID{"a", "d", "b"}},
		{ID: 1, Voters: []roster.NodeID{"a", "c", "b"}},
	}
	want := []Move{
		{Shard: 2, Add: []roster.NodeID{"d"}, Remove: []roster.NodeID{"c"}},
		{Shard: 3, Leader: "b"},
		{Shard: 4, Remove: []roster.NodeID{"a"}},
		{Shard: 5, Add: []roster.NodeID{"a", "d"}, Leader: "d"},
	}
	got := Diff(old, next)
	equal := slices.EqualFunc(got, want, func(a, b Move) bool {
		return a.Shard == b.Shard && a.Leader == b.Leader && slices.Equal(a.Add, b.Add) && slices.Equal(a.Remove, b.Remove)
	})
	if !equal {
		t.Errorf("Diff = %v, want %v", got, want)
	}
}
