package nemesis_test

import (
	"testing"
	"time"

	"roster/internal/testcluster"
	"roster/internal/testcluster/nemesis"
)

// TestDraw: a seed is a schedule, every kind of fault is drawn, and nodes leave only where
// enough remain.
func TestDraw(t *testing.T) {
	kinds := map[nemesis.Kind]int{}
	for seed := range uint64(300) {
		for _, nodes := range []int{3, 4} {
			s := nemesis.Draw(seed, nodes)
			if again := nemesis.Draw(seed, nodes); s.String() != again.String() {
				t.Fatalf("one seed, two schedules:\n%v%v", s, again)
			}
			leaves := 0
			for _, f := range s.Faults {
				kinds[f.Kind]++
				if f.Kind == nemesis.Leave {
					leaves++
				}
			}
			if leaves > nodes-3 {
				t.Errorf("%d of %d nodes leave:\n%v", leaves, nodes, s)
			}
		}
	}
	if len(kinds) != 19 {
		t.Errorf("of 19 kinds of faults, %d were drawn: %v", len(kinds), kinds)
	}
}

// TestFaultsHappen: a fault that strikes all nodes stops writes for as long as it lasts,
// and one that strikes a single node does not.
func TestFaultsHappen(t *testing.T) {
	kinds := []nemesis.Kind{nemesis.Kill, nemesis.BadDisk, nemesis.PowerCut, nemesis.Pause, nemesis.Isolate,
		nemesis.Mute, nemesis.Deaf, nemesis.HungDisk}
	if testing.Short() {
		kinds = kinds[:2]
	}
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			for _, nodes := range [][]int{{0, 1, 2}, {1}} {
				const lasts = 12 * time.Second
				fault := nemesis.Fault{Kind: kind, At: time.Second, For: lasts, Nodes: nodes}
				if gap := gapOf(t, fault); (gap >= lasts) != (len(nodes) == 3) {
					t.Errorf("%v: writes paused for %v", fault, gap)
				}
			}
		})
	}
}

// clients are so many that they do not all wait at the one node that reaches no leader.
const clients = 12

// gapOf returns for how long no write was acknowledged because of a fault.
func gapOf(t *testing.T, f nemesis.Fault) (gap time.Duration) {
	t.Helper()
	o := testcluster.Options{Shards: 1, Durable: true, Kept: true, Store: "bolt", Seed: 1}
	testcluster.Run(t, o, func(c *testcluster.Cluster) {
		traffic := c.StartTraffic(clients)
		nemesis.Run(c, nemesis.Schedule{Nodes: 3, Faults: []nemesis.Fault{f}})
		c.AwaitReady()
		<-time.After(time.Second)
		traffic.StopAndCheck(50)
		gap = traffic.Gap()
	})
	return gap
}

// TestPartialFaults: what is cut between two nodes leaves both to the third, what flaps
// comes back, and links that are slow or lose packets go on.
func TestPartialFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: starts nine clusters")
	}
	for _, f := range []nemesis.Fault{
		{Kind: nemesis.Split, Nodes: []int{0, 1}},
		{Kind: nemesis.Cut, Nodes: []int{0, 1}},
		{Kind: nemesis.Flap, Nodes: []int{0, 1}, By: time.Second},
		{Kind: nemesis.SlowLinks, By: 20 * time.Millisecond},
		{Kind: nemesis.SlowNode, Nodes: []int{0}, By: 20 * time.Millisecond},
		{Kind: nemesis.Loss, By: 300},
		{Kind: nemesis.SlowDisk, Nodes: []int{0}, By: 50 * time.Millisecond},
		{Kind: nemesis.Jump, Nodes: []int{0}, By: time.Hour},
		{Kind: nemesis.Drain, Nodes: []int{0}},
	} {
		f.At, f.For = time.Second, 10*time.Second
		if gap := gapOf(t, f); gap > 8*time.Second {
			t.Errorf("%v: writes paused for %v", f, gap)
		}
	}
}
