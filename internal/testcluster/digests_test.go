package testcluster_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"roster"
	"roster/internal/testcluster"
)

// TestDifferentReplica lets one replica make something else of an entry than the others: it
// is found, shows nothing more and says why, the others go on, and it gets their state.
func TestDifferentReplica(t *testing.T) {
	testcluster.Run(t, testcluster.Options{Seed: 1, Durable: true, Shards: 1}, func(c *testcluster.Cluster) {
		wrong := (leaderOf(c, 1) + 1) % 3 // a leader applies what it was given, not what it reads
		right := (wrong + 1) % 3
		c.Misread(wrong, "seven", "eight")
		traffic := c.StartTraffic(8)
		enter(c, right, "seven")
		c.Await("quarantine", func() error {
			_, _, err := c.Node(wrong).Lookup(context.Background(), "digest/a", roster.Read{})
			if roster.CodeOf(err) != roster.CodeUnavailable || !strings.Contains(err.Error(), "quarantine") {
				return fmt.Errorf("the replica that differs answers with %v", err)
			}
			return nil
		})
		tellsWhy(c, wrong)
		enter(c, wrong, "nine") // a write through it goes to who leads
		c.AwaitReady()
		after(10 * time.Second) // what it has now is compared as well
		traffic.StopAndCheck(500)
		everywhere(c)
		for i := range 3 {
			record, _, err := c.Node(i).Lookup(context.Background(), "digest/a", roster.Read{Level: roster.ReadLinearizable})
			if err != nil || record.Description != "nine" {
				t.Errorf("node %d has %+v, %v", i, record, err)
			}
		}
		c.AwaitReady()
	})
}

// TestNoMajorityIsEqual: two replicas that differ, and nobody to say who is right: the
// shard takes no more writes, and both go on to show what they have.
func TestNoMajorityIsEqual(t *testing.T) {
	testcluster.Run(t, testcluster.Options{Seed: 1, Durable: true, Shards: 1}, func(c *testcluster.Cluster) {
		leader := leaderOf(c, 1)
		wrong, gone := (leader+1)%3, (leader+2)%3
		c.Kill(gone)
		c.Misread(wrong, "seven", "eight")
		traffic := c.StartTraffic(8)
		enter(c, leader, "seven")
		for _, i := range []int{leader, wrong} {
			tellsWhy(c, i)
		}
		_, _, err := c.Node(leader).Register(context.Background(), roster.Register{Agent: roster.Agent{ID: "digest/b"}, Mode: roster.ModePut})
		if code := roster.CodeOf(err); code != roster.CodeUnavailable && code != roster.CodeUnknown {
			t.Errorf("a write is answered with %v", err)
		}
		traffic.StopAndCheck(100)
		for i, want := range map[int]string{leader: "seven", wrong: "eight"} {
			record, _, err := c.Node(i).Lookup(context.Background(), "digest/a", roster.Read{})
			if err != nil || record.Description != want {
				t.Errorf("node %d shows %+v, %v; want %s", i, record, err, want)
			}
		}
	})
}

func enter(c *testcluster.Cluster, through int, description string) {
	c.Helper()
	c.Await("a write", func() error { // one that was under way with a node that died is Unknown
		_, _, err := c.Node(through).Register(context.Background(), roster.Register{Agent: roster.Agent{ID: "digest/a", Description: description}, Mode: roster.ModePut})
		return err
	})
}

// tellsWhy waits until a node's readiness names replicas that differ.
func tellsWhy(c *testcluster.Cluster, i int) {
	c.Helper()
	c.Await(fmt.Sprintf("node %d names what differs", i), func() error {
		checks, err := c.Node(i).Ready(context.Background())
		for _, check := range checks {
			if !check.OK && strings.Contains(check.Detail, "replicas differ") {
				return nil
			}
		}
		return fmt.Errorf("it says %+v, %w", checks, err)
	})
}
