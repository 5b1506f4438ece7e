package testcluster_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"roster"
	"roster/internal/testcluster"
)

// TestZoneIsLost runs six nodes in three zones: each shard comes to have a voter in each,
// and when all of one zone die at once every shard goes on.
func TestZoneIsLost(t *testing.T) {
	zone := func(i int) string { return string(rune('a' + i/2)) }
	testcluster.Run(t, testcluster.Options{Seed: 1, Nodes: 6, Expect: 4, Durable: true, Zone: zone}, func(c *testcluster.Cluster) {
		c.Await("spread", func() error { return spread(c, 0) })
		c.Await("balance", func() error { return balanced(c, 0, 6) })
		members, err := c.Node(5).Members(context.Background())
		must(t, err)
		for _, m := range members {
			if z, _ := m.Labels.Get(roster.SpreadDefault); z != zone(c.Number(m.ID)) {
				t.Errorf("%s is shown in zone %q", m.ID, z)
			}
		}
		traffic := c.StartTraffic(6)
		after(3 * time.Second)
		c.Kill(2)
		c.Kill(3)
		lost := time.Now()
		for shard := range roster.ShardID(4) {
			id := agentOf(c, shard+1)
			c.Await("every shard takes writes", func() error {
				_, _, err := c.Node(0).Register(context.Background(), roster.Register{Agent: roster.Agent{ID: id}, Mode: roster.ModePut})
				return err
			})
		}
		c.Await("the system shard takes writes", func() error { return c.Node(5).PauseMoves(context.Background(), false) })
		if took := time.Since(lost); took > 10*time.Second {
			t.Errorf("writes were back after %v", took)
		}
		after(5 * time.Second)
		c.Restart(2)
		c.Start(3)
		c.AwaitReady()
		traffic.StopAndCheck(500)
		everywhere(c)
	})
}

// spread wants every shard to have a voter in each of three zones, as node by sees it.
func spread(c *testcluster.Cluster, by int) error {
	members, err := c.Node(by).Members(context.Background())
	if err != nil {
		return err
	}
	zones := map[roster.ShardID]map[string]bool{}
	for _, m := range members {
		zone, _ := m.Labels.Get(roster.SpreadDefault)
		for _, s := range m.VoterOf {
			if zones[s] == nil {
				zones[s] = map[string]bool{}
			}
			zones[s][zone] = true
		}
	}
	for s, in := range zones {
		if len(in) != 3 {
			return fmt.Errorf("shard %v has voters in zones %v", s, in)
		}
	}
	if len(zones) != 5 {
		return fmt.Errorf("%d shards have voters", len(zones))
	}
	return nil
}
