package testcluster_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"roster"
	"roster/internal/testcluster"
)

const (
	// healedWithin is how long after a partition, or a start of all under new addresses,
	// nodes are one cluster again whose replicas are all equal.
	healedWithin = 20 * time.Second
	// partitionFor is longer than gossip remembers the dead, and than the log reaches back
	// at a rate of partitionWrites a second.
	partitionFor    = 10 * time.Minute
	partitionWrites = 10
)

// TestAllAddressesChange starts all nodes of a cluster at once under addresses that nobody has
// ever heard of: they find each other by --join, and go on with their data.
func TestAllAddressesChange(t *testing.T) {
	eachStore(t, testcluster.Options{Durable: true}, func(t *testing.T, o testcluster.Options) {
		testcluster.Run(t, o, func(c *testcluster.Cluster) {
			before := written(c, 0, 20)
			for round := range 3 {
				for i := range 3 {
					c.Kill(i)
				}
				c.Net.Heal()
				c.Readdress()
				for i := range 3 {
					c.Start(i)
				}
				healed(c, time.Now())
				if roll, err := describe(c.Node(2)); err != nil || roll != before {
					t.Errorf("round %d:\n%s\nbefore:\n%s%v", round, roll, before, err)
				}
				before = written(c, 1, 20)
			}
		})
	})
}

// written writes agents through a node, and returns what all show then.
func written(c *testcluster.Cluster, i, agents int) string {
	c.Helper()
	for a := range agents {
		write(c, i, fmt.Sprintf("demo%d/a", a), "")
	}
	everywhere(c)
	roll, err := describe(c.Node(i))
	must(c.T, err)
	return roll
}

func write(c *testcluster.Cluster, i int, id, text string) {
	c.Helper()
	_, _, err := c.Node(i).Register(context.Background(), roster.Register{Agent: roster.Agent{ID: roster.AgentID(id), Description: text}, Mode: roster.ModePut})
	must(c.T, err)
}

// healed waits until all nodes see one another, follow one leader in each shard and are at
// the same index of each, and holds that to its bound.
func healed(c *testcluster.Cluster, since time.Time) {
	c.Helper()
	c.Await("one cluster", func() error { return equal(c) })
	if took := time.Since(since); took > healedWithin {
		c.Errorf("one cluster again after %v, more than %v", took, healedWithin)
	} else {
		c.Logf("one cluster again after %v", took.Round(time.Millisecond))
	}
	everywhere(c)
}

// equal returns in what the nodes differ.
func equal(c *testcluster.Cluster) error {
	ctx := context.Background()
	first, err := c.Node(0).Shards(ctx)
	if err != nil {
		return err
	}
	for i := range c.Size() {
		members, err := c.Node(i).Members(ctx)
		if err != nil {
			return err
		}
		if n := alive(members); n != c.Size() {
			return fmt.Errorf("node %d sees %d of %d alive", i, n, c.Size())
		}
		shards, err := c.Node(i).Shards(ctx)
		if err != nil {
			return err
		}
		for s := range shards {
			if a, b := shards[s], first[s]; a.Leader == "" || a.Leader != b.Leader || a.Term != b.Term || a.ID != roster.SystemShard && a.Index != b.Index || a.AgeMS > 2000 {
				return fmt.Errorf("node %d: %+v, node 0: %+v", i, a, b)
			}
		}
	}
	return nil
}

func alive(members []roster.Member) (n int) {
	for _, m := range members {
		if m.State == roster.NodeAlive {
			n++
		}
	}
	return n
}

// TestLongPartitionHeals cuts one of three nodes off for ten minutes, in which the others go
// on until neither gossip nor their logs remember what it knows. Then it comes back by
// itself, with a snapshot.
func TestLongPartitionHeals(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: ten minutes of three nodes, in virtual time")
	}
	testcluster.Run(t, testcluster.Options{Shards: 2}, func(c *testcluster.Cluster) {
		write(c, 0, "load/r0", "before")
		everywhere(c)
		cut, on := 2, 0
		c.Net.Isolate(c.Host(cut))
		after(20 * time.Second) // until its leaderships are elsewhere
		for n := range int(partitionFor/time.Second) * partitionWrites {
			write(c, on+n%2, "demo/a", fmt.Sprint(n))
			after(time.Second / partitionWrites)
		}
		minorityRefuses(c, cut)
		if missed := widest(c, on, cut); missed < 2*2048 {
			t.Errorf("the node that was cut off misses %d commands at most: the logs still have them", missed)
		}
		if err := equal(c); err == nil {
			t.Error("nothing differs while the network is cut")
		}
		c.Net.Heal()
		healed(c, time.Now())
	})
}

// widest returns by how much a node is behind another in the shard where it is most.
func widest(c *testcluster.Cluster, ahead, behind int) (most roster.Index) {
	c.Helper()
	a, err := c.Node(ahead).Shards(context.Background())
	must(c.T, err)
	b, err := c.Node(behind).Shards(context.Background())
	must(c.T, err)
	for s := range a {
		most = max(most, a[s].Index-b[s].Index)
	}
	return most
}
