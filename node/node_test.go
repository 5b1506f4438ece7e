package node_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"roster"
	"roster/cluster"
	"roster/internal/memservice/contract"
	"roster/node"
)

// open starts a node of a test cluster on loopback and closes it with the test.
func open(t testing.TB, c node.Config) *node.Node {
	t.Helper()
	c.Cluster, c.Key, c.Bind, c.Profile = "test", make([]byte, node.KeyBytes), "127.0.0.1:0", cluster.ProfileLocal
	n, err := node.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return n
}

// awaitReady polls until every node serves.
func awaitReady(t testing.TB, nodes ...*node.Node) {
	t.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for _, n := range nodes {
		for missing := notReady(n); missing != ""; missing = notReady(n) {
			select {
			case <-tick.C:
			case <-n.Done():
				t.Fatalf("node %s stopped: %v", n.ID(), n.Err())
			case <-deadline.C:
				t.Fatalf("node %s is not ready: %s", n.ID(), missing)
			}
		}
	}
}

func notReady(n *node.Node) string {
	checks, err := n.Ready(context.Background())
	if err != nil {
		return err.Error()
	}
	for _, check := range checks {
		if !check.OK {
			return check.Name + ": " + check.Detail
		}
	}
	return ""
}

func TestOneNodeFoundsAndServes(t *testing.T) {
	n := open(t, node.Config{Durability: roster.DurabilityNone, Expect: 1, Shards: 2})
	awaitReady(t, n)
	change, stamp, err := n.Register(t.Context(), roster.Register{Agent: roster.Agent{ID: "demo/a"}})
	if err != nil || change.Outcome != roster.OutcomeCreated {
		t.Fatalf("register: %+v %v", change, err)
	}
	record, seen, err := n.Lookup(t.Context(), "demo/a", roster.Read{After: stamp.Token})
	if err != nil || record.Revision != stamp.Index || seen.Index < stamp.Index {
		t.Errorf("look-up: %+v at %+v, %v", record, seen, err)
	}
}

func TestThreeNodesFoundTogether(t *testing.T) {
	nodes := three(t, node.Config{Durability: roster.DurabilityNone, Shards: 4})
	for i, n := range nodes {
		id := roster.AgentID(fmt.Sprintf("demo/a%d", i))
		_, stamp, err := n.Register(t.Context(), roster.Register{Agent: roster.Agent{ID: id}})
		if err != nil {
			t.Fatalf("register through node %d: %v", i, err)
		}
		for j, other := range nodes {
			if _, _, err := other.Lookup(t.Context(), id, roster.Read{After: stamp.Token}); err != nil {
				t.Errorf("registered through %d, looked up through %d: %v", i, j, err)
			}
		}
	}
}

// three opens three nodes that found a cluster together.
func three(t testing.TB, c node.Config) []*node.Node {
	t.Helper()
	c.Expect = 3
	nodes := make([]*node.Node, 3)
	for i := range nodes {
		c.Name = fmt.Sprintf("n%d", i)
		if i > 0 {
			c.Join = []string{nodes[0].Addr()}
		}
		nodes[i] = open(t, c)
	}
	awaitReady(t, nodes...)
	return nodes
}

func TestNodeWithoutClusterSaysSo(t *testing.T) {
	n := open(t, node.Config{Durability: roster.DurabilityNone, Expect: 0})
	_, _, err := n.Lookup(t.Context(), "demo/a", roster.Read{})
	if roster.CodeOf(err) != roster.CodeUnavailable {
		t.Errorf("look-up before a cluster: %v, want Unavailable", err)
	}
	if missing := notReady(n); missing == "" {
		t.Error("a node without a cluster is ready")
	}
}

// A node of three, which leads only some of the shards, keeps the whole contract.
func TestNodeKeepsTheContract(t *testing.T) {
	nodes := three(t, node.Config{Durability: roster.DurabilityNone, Shards: 4})
	contract.Run(t, func(*testing.T) roster.Service { return nodes[2] })
}
