package testcluster_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"roster"
	"roster/internal/testcluster"
)

// TestPruned: who lives, has not left or still votes is not forgotten; who is forgotten is
// listed nowhere, and is told so when it comes back after all.
func TestPruned(t *testing.T) {
	testcluster.Run(t, testcluster.Options{Seed: 1, Nodes: 4, Durable: true, ReplaceAfter: time.Minute}, func(c *testcluster.Cluster) {
		c.Await("balance", func() error { return balanced(c, 0, 4) })
		ctx := context.Background()
		dead := 1
		id := c.Node(dead).ID()
		refused := func(when string) {
			t.Helper()
			if err := c.Node(0).Prune(ctx, id); roster.CodeOf(err) != roster.CodeRefused {
				t.Errorf("%s: pruned with %v", when, err)
			}
		}
		refused("it lives")
		if err := c.Node(0).Prune(ctx, "n9-00000000"); roster.CodeOf(err) != roster.CodeNotFound {
			t.Errorf("a node that nobody knows was pruned: %v", err)
		}
		c.Kill(dead)
		c.Await("seen down", func() error { return listedAs(c, id, roster.NodeDown) })
		refused("it has not left")
		c.Await("forced out", func() error { return c.Node(2).ForceLeave(ctx, id) })
		c.Await("pruned", func() error { return c.Node(2).Prune(ctx, id) })
		must(t, c.Node(2).Prune(ctx, id)) // twice is harmless
		c.Await("listed no more", func() error { return listedAs(c, id, "") })
		must(t, votes(c, 0, id, 0))
		c.Restart(dead)
		back := c.Node(dead)
		c.Await("told that it was pruned", func() error {
			select {
			case <-back.Done():
				return nil
			default:
				return fmt.Errorf("it goes on: %v", lackingOf(back))
			}
		})
		if err := back.Err(); roster.CodeOf(err) != roster.CodeGone {
			t.Errorf("the pruned node ended with %v", err)
		}
		must(t, listedAs(c, id, ""))
		c.Stop(dead)
		c.Await("balance", func() error { return balanced(c, 0, 3) })
	})
}

// listedAs wants all running nodes to list a node in a state; "" is not at all.
func listedAs(c *testcluster.Cluster, id roster.NodeID, want roster.NodeState) error {
	for _, i := range c.Running() {
		members, err := c.Node(i).Members(context.Background())
		if err != nil {
			return err
		}
		var state roster.NodeState
		for _, m := range members {
			if m.ID == id {
				state = m.State
			}
		}
		if state != want && c.Node(i).ID() != id {
			return fmt.Errorf("node %d lists %s as %q, want %q", i, id, state, want)
		}
	}
	return nil
}

// lackingOf lists the checks of a node that fail.
func lackingOf(s roster.Service) (out []string) {
	checks, _ := s.Ready(context.Background())
	for _, check := range checks {
		if !check.OK {
			out = append(out, check.Name+": "+check.Detail)
		}
	}
	return out
}
