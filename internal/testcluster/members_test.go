package testcluster_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"roster"
	"roster/internal/testcluster"
)

// TestGrowDrainAndShrink takes three nodes to five and back to three under traffic: the
// histories stay linearizable, writes hardly pause, and in the end each shard has three
// voters on the nodes that are there.
func TestGrowDrainAndShrink(t *testing.T) {
	eachSeed(t, testcluster.Options{Nodes: 5, Expect: 3, Cold: true}, func(c *testcluster.Cluster) {
		for i := range 3 {
			c.Start(i)
		}
		c.AwaitReady()
		traffic := c.StartTraffic(6)
		for i := 3; i < 5; i++ {
			c.Start(i)
			c.Await("balance", func() error { return balanced(c, 3, i+1) })
		}
		for _, gone := range []int{0, 3} {
			id := c.Node(gone).ID()
			must(t, c.Node(4).Drain(context.Background(), id, true))
			c.Await("drained", func() error { return votes(c, 4, id, 0) })
			retire(t, c, gone)
		}
		c.Await("balance", func() error { return balanced(c, 4, 3) })
		traffic.StopAndCheck(1000)
		if gap := traffic.Gap(); gap > 2*time.Second {
			t.Errorf("writes paused for %v although nothing failed", gap)
		}
		everywhere(c)
	})
}

// retire lets a drained node leave, at once, and ends it.
func retire(t *testing.T, c *testcluster.Cluster, i int) {
	t.Helper()
	n := c.Node(i)
	must(t, n.Leave(context.Background(), false))
	<-n.Done()
	c.Stop(i)
}

// TestDeadNodeIsReplaced: a node that does not come back loses its votes to another, and
// is a reader when it comes back after all, even where its own log says that it votes on
// the nodes of the system shard.
func TestDeadNodeIsReplaced(t *testing.T) {
	testcluster.Run(t, testcluster.Options{Nodes: 4, Durable: true, ReplaceAfter: 20 * time.Second}, func(c *testcluster.Cluster) {
		c.Await("balance", func() error { return balanced(c, 0, 4) })
		traffic := c.StartTraffic(6)
		dead, by := systemVoter(c)
		lost := c.Node(dead).ID()
		c.Kill(dead)
		after(10 * time.Second)
		if err := votes(c, by, lost, 0); err == nil {
			t.Error("the votes were moved before their time")
		}
		c.Await("replaced", func() error { return balanced(c, by, 3) })
		must(t, votes(c, by, lost, 0))
		c.Restart(dead)
		c.AwaitReady()
		c.Await("balance again", func() error { return balanced(c, by, 4) })
		traffic.StopAndCheck(1000)
		everywhere(c)
	})
}

// systemVoter returns a node that votes in the system shard, and another node.
func systemVoter(c *testcluster.Cluster) (voter, other int) {
	shards, err := c.Node(0).Shards(context.Background())
	if err != nil || len(shards[0].Voters) == 0 {
		c.Fatalf("shards: %+v, %v", shards, err)
	}
	voter = c.Number(shards[0].Voters[0])
	return voter, (voter + 1) % 4
}

// TestTooFewToDrain: three nodes hold three voters each; none of them can be drained, and
// the plan says so; paused, not even a fourth node changes that.
func TestTooFewToDrain(t *testing.T) {
	testcluster.Run(t, testcluster.Options{Nodes: 4, Expect: 3, Cold: true}, func(c *testcluster.Cluster) {
		for i := range 3 {
			c.Start(i)
		}
		c.AwaitReady()
		ctx, id := context.Background(), c.Node(0).ID()
		must(t, c.Node(1).Drain(ctx, id, true))
		must(t, c.Node(1).PauseMoves(ctx, true))
		c.Await("the plan says why", func() error {
			if plan, err := c.Node(2).Moves(ctx); err != nil || plan.Held == "" || !plan.Paused {
				return fmt.Errorf("plan %+v, %w", plan, err)
			}
			return nil
		})
		c.Start(3)
		c.AwaitReady()
		after(10 * time.Second)
		must(t, votes(c, 1, id, 5))
		must(t, c.Node(3).PauseMoves(ctx, false))
		c.Await("drained", func() error { return votes(c, 1, id, 0) })
		must(t, c.Node(2).Drain(ctx, id, false))
		c.Await("balance", func() error { return balanced(c, 0, 4) })
		if err := c.Node(1).ForceLeave(ctx, id); roster.CodeOf(err) != roster.CodeRefused {
			t.Errorf("a node that lives was forced out: %v", err)
		}
		if err := c.Node(1).Drain(ctx, "n9-00000000", true); roster.CodeOf(err) != roster.CodeNotFound {
			t.Errorf("a node that nobody knows was drained: %v", err)
		}
	})
}

// balanced wants every shard to have three voters, spread over size living nodes with as
// many votes and leaderships each, give or take one, as node by sees it.
func balanced(c *testcluster.Cluster, by, size int) error {
	members, err := c.Node(by).Members(context.Background())
	if err != nil {
		return err
	}
	shards := 5
	low, high, total, leads, mostLeads, living := shards, 0, 0, shards, 0, 0
	for _, m := range members {
		if m.State != roster.NodeAlive {
			if len(m.VoterOf) > 0 {
				return fmt.Errorf("%s is %s and votes in %v", m.ID, m.State, m.VoterOf)
			}
			continue
		}
		living++
		total += len(m.VoterOf)
		low, high = min(low, len(m.VoterOf)), max(high, len(m.VoterOf))
		leads, mostLeads = min(leads, len(m.LeaderOf)), max(mostLeads, len(m.LeaderOf))
	}
	if living != size || total != 3*shards || high-low > 1 || mostLeads-leads > 1 {
		plan, _ := c.Node(by).Moves(context.Background())
		return fmt.Errorf("%d nodes have %d to %d votes (%d in all) and lead %d to %d shards; plan %+v", living, low, high, total, leads, mostLeads, plan)
	}
	return nil
}

// votes wants a node to vote in n shards, as node by sees it.
func votes(c *testcluster.Cluster, by int, id roster.NodeID, n int) error {
	members, err := c.Node(by).Members(context.Background())
	for _, m := range members {
		if m.ID == id && len(m.VoterOf) != n {
			return fmt.Errorf("%s votes in %v, want %d", id, m.VoterOf, n)
		}
	}
	return err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestFoundersThatDoNotVote: of more than three founders some do not vote in the system
// shard, and must be heard there all the same.
func TestFoundersThatDoNotVote(t *testing.T) {
	eachSeed(t, testcluster.Options{Nodes: 5}, func(c *testcluster.Cluster) {
		c.Await("balance", func() error { return balanced(c, 0, 5) })
		everywhere(c)
	})
}
