package readiness_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"roster"
	"roster/internal/testcluster"
	"roster/node"
)

// lacking names the checks of a node that fail.
func lacking(n *node.Node) (names []string) {
	checks, err := n.Ready(context.Background())
	if err != nil {
		return []string{err.Error()}
	}
	for _, check := range checks {
		if !check.OK {
			names = append(names, check.Name)
		}
	}
	return names
}

// awaitLacking waits until all of these checks fail on a node.
func awaitLacking(c *testcluster.Cluster, n *node.Node, want ...string) {
	c.Helper()
	c.Await(fmt.Sprint("failing ", want), func() error {
		for _, name := range want {
			if got := lacking(n); !slices.Contains(got, name) {
				return fmt.Errorf("failing are %v", got)
			}
		}
		return nil
	})
}

// TestIsolatedNodeSaysSo: who is cut off knows no newer map, renews no lease and follows
// nobody; once it is back, all three hold again.
func TestIsolatedNodeSaysSo(t *testing.T) {
	testcluster.Run(t, testcluster.Options{Seed: 1}, func(c *testcluster.Cluster) {
		c.AwaitReady()
		if got := lacking(c.Node(1)); len(got) != 0 {
			t.Errorf("ready, and lacking %v", got)
		}
		c.Net.Isolate(c.Host(1))
		awaitLacking(c, c.Node(1), "map", "lease", "replicas")
		c.Net.Heal()
		c.AwaitReady()
	})
}

// TestHungDiskShowsBeforeTheNodeEnds: a write that hangs is a check that fails.
func TestHungDiskShowsBeforeTheNodeEnds(t *testing.T) {
	testcluster.Run(t, testcluster.Options{Seed: 1}, func(c *testcluster.Cluster) {
		c.AwaitReady()
		hung := c.MostLeading(0)
		traffic := c.StartTraffic(4)
		c.SlowDisk(hung, 6*time.Second)
		awaitLacking(c, c.Node(hung), "disk")
		c.SlowDisk(hung, 0)
		c.AwaitReady()
		traffic.StopAndCheck(1)
	})
}

// TestDrainedNodeShows: who is drained is so called by every node.
func TestDrainedNodeShows(t *testing.T) {
	testcluster.Run(t, testcluster.Options{Seed: 1, Nodes: 4}, func(c *testcluster.Cluster) {
		c.AwaitReady()
		id := c.Node(1).ID()
		if err := c.Node(0).Drain(context.Background(), id, true); err != nil {
			t.Fatal(err)
		}
		for _, i := range c.Running() {
			c.Await("the drain shows", func() error {
				members, err := c.Node(i).Members(context.Background())
				for _, m := range members {
					if m.Draining != (m.ID == id) {
						return fmt.Errorf("node %d calls %s draining: %v", i, m.ID, m.Draining)
					}
				}
				return err
			})
		}
		status, err := c.Node(2).Status(context.Background())
		if err != nil || status.Map == 0 || status.Expect != 4 || status.Durability != roster.DurabilityNone {
			t.Errorf("status %+v, %v", status, err)
		}
	})
}
