package cluster_test

import (
	"bytes"
	"testing"
	"time"

	"roster"
	"roster/cluster"
	"roster/internal/bubble"
	"roster/internal/simnet"
	"roster/transport"
)

// conflictOf waits for a conflict report; nil if none comes within limit.
func conflictOf(n *node, limit time.Duration) error {
	select {
	case err := <-n.Conflict():
		return err
	case <-time.After(limit):
		return nil
	}
}

func stopAll(t *testing.T, nodes ...*node) {
	for _, n := range nodes {
		n.stop(t)
	}
	<-time.After(drain)
}

func TestSecondNodeOfANameIsRefusedAndTold(t *testing.T) {
	inVirtualTime(t, 3, func(t *testing.T, sim *simnet.Net, nodes []*node) {
		double := start(t, sim, 9, func(c *cluster.Config, tc *transport.Config) {
			c.Meta.Name, tc.Node = "n2", "n2-0000000b"
		})
		if err := conflictOf(double, 10*time.Second); roster.CodeOf(err) != roster.CodeConflict {
			t.Fatalf("Conflict = %v", err)
		}
		for _, n := range nodes {
			if s := stateOf(n.Members(), "n2-0000000b"); s != "" {
				t.Errorf("%s lists the second n2 as %s", n.host.IP(), s)
			}
			if s := stateOf(n.Members(), "n2-0000000a"); s != roster.NodeAlive {
				t.Errorf("%s lists the first n2 as %q", n.host.IP(), s)
			}
		}
		double.stop(t)
	})
}

func TestSecondNodeOfAnIDIsTold(t *testing.T) {
	inVirtualTime(t, 3, func(t *testing.T, sim *simnet.Net, nodes []*node) {
		double := start(t, sim, 9, func(c *cluster.Config, tc *transport.Config) {
			c.Meta.Name, tc.Node = "n2", "n2-0000000a"
		})
		if err := conflictOf(double, 10*time.Second); roster.CodeOf(err) != roster.CodeConflict {
			t.Fatalf("Conflict = %v", err)
		}
		double.stop(t)
		if address, ok := nodes[0].Address("n2-0000000a"); !ok || address != "10.0.0.2:7500" {
			t.Errorf("the first n2 is now at %q", address)
		}
	})
}

func TestOwnPastIsNoConflict(t *testing.T) {
	for name, test := range map[string]struct {
		number uint16        // where the node comes back
		id     roster.NodeID // as whom
	}{
		"new address":          {9, "n3-0000000a"},
		"wiped disk":           {3, "n3-0000000b"},
		"both":                 {9, "n3-0000000b"},
		"the same in a moment": {3, "n3-0000000a"},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, 3, func(t *testing.T, sim *simnet.Net, nodes []*node) {
				nodes[2].stop(t)
				back := start(t, sim, test.number, func(c *cluster.Config, tc *transport.Config) {
					c.Meta.Name, tc.Node = "n3", test.id
				})
				if err := conflictOf(back, time.Minute); err != nil {
					t.Errorf("Conflict = %v", err)
				}
				for _, n := range []*node{nodes[0], nodes[1], back} {
					n.until(t, time.Minute, "whole", states(roster.NodeAlive, 3))
					if address, _ := n.Address(test.id); address != back.Advertised() {
						t.Errorf("%s has %s at %q", n.host.IP(), test.id, address)
					}
				}
				back.stop(t)
			})
		})
	}
}

// Long before memberlist gives a dead node's address away, the others reach it where
// it has come back.
func TestMoveIsFollowedAtOnce(t *testing.T) {
	inVirtualTime(t, 3, func(t *testing.T, sim *simnet.Net, nodes []*node) {
		nodes[2].stop(t)
		back := start(t, sim, 9, func(c *cluster.Config, tc *transport.Config) {
			c.Meta.Name, tc.Node = "n3", "n3-0000000a"
		})
		for _, n := range nodes[:2] {
			n.until(t, 4*time.Second, "at the new address", func([]cluster.Member) bool {
				address, _ := n.Address("n3-0000000a")
				return address == back.Advertised()
			})
		}
		back.stop(t)
	})
}

// The address of a node's past may lead to another node by now.
func TestAnotherNodeAtOnesOldAddressIsNoConflict(t *testing.T) {
	inVirtualTime(t, 3, func(t *testing.T, sim *simnet.Net, nodes []*node) {
		nodes[2].stop(t)
		tenant := start(t, sim, 3, func(c *cluster.Config, tc *transport.Config) {
			c.Meta.Name, tc.Node = "n4", "n4-0000000a"
		})
		back := start(t, sim, 9, func(c *cluster.Config, tc *transport.Config) {
			c.Meta.Name, tc.Node = "n3", "n3-0000000a"
		})
		if err := conflictOf(back, time.Minute); err != nil {
			t.Errorf("Conflict = %v", err)
		}
		tenant.stop(t)
		back.stop(t)
	})
}

// It may also lead to the node itself.
func TestReachingOneselfByAnotherAddressIsNoConflict(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		sim := simnet.New(1)
		a, b := start(t, sim, 1, nil), start(t, sim, 2, nil)
		old := start(t, sim, 3, func(c *cluster.Config, _ *transport.Config) { c.Advertise = forwarded })
		a.until(t, time.Minute, "joined", states(roster.NodeAlive, 3))
		old.stop(t)
		back := start(t, sim, 3, nil)
		if err := conflictOf(back, time.Minute); err != nil {
			t.Errorf("Conflict = %v", err)
		}
		stopAll(t, a, b, back)
	})
}

func TestJoinSaysWhatDiffers(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		sim := simnet.New(1)
		a := start(t, sim, 1, nil)
		otherKey := start(t, sim, 2, func(c *cluster.Config, tc *transport.Config) {
			c.Seeds, tc.Key = nil, bytes.Repeat([]byte{4}, cluster.KeyBytes)
		})
		otherName := start(t, sim, 3, func(c *cluster.Config, tc *transport.Config) { c.Seeds, tc.Cluster = nil, "test" })
		for _, test := range []struct {
			n    *node
			to   string
			want roster.Code
		}{
			{otherKey, "10.0.0.1:7500", roster.CodeDenied},
			{otherName, "10.0.0.1:7500", roster.CodeConflict},
			{a, "10.0.0.99:7500", roster.CodeUnavailable},
			{a, "nowhere:7500", roster.CodeUnavailable},
		} {
			if n, err := test.n.Join(t.Context(), []string{test.to}); n != 0 || roster.CodeOf(err) != test.want {
				t.Errorf("Join(%s) = %d, %v; want %s", test.to, n, err, test.want)
			}
		}
		if n, err := a.Join(t.Context(), []string{"10.0.0.1:7500"}); n != 0 || err != nil {
			t.Errorf("joining oneself = %d, %v", n, err)
		}
		stopAll(t, a, otherKey, otherName)
	})
}

func TestOneNameSeedsManyNodesAndOneself(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		sim := simnet.New(1)
		sim.Name("roster", sim.Host(1), sim.Host(2), sim.Host(3))
		byName := func(c *cluster.Config, _ *transport.Config) { c.Seeds = []string{"roster:7500"} }
		nodes := []*node{start(t, sim, 1, byName), start(t, sim, 2, byName), start(t, sim, 3, byName)}
		for _, n := range nodes {
			n.until(t, time.Minute, "joined", states(roster.NodeAlive, 3))
		}
		stopAll(t, nodes...)
	})
}

func TestPeersAreRejoined(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		sim := simnet.New(1)
		a := start(t, sim, 1, func(c *cluster.Config, _ *transport.Config) { c.Seeds = nil })
		b := start(t, sim, 2, func(c *cluster.Config, _ *transport.Config) {
			c.Seeds = nil
			c.Peers = func() []string { return []string{"10.0.0.1:7500"} }
		})
		a.until(t, 2*cluster.RejoinEvery, "joined", states(roster.NodeAlive, 2))
		stopAll(t, a, b)
	})
}

func TestLocalProfileNoticesAKilledNodeInThreeSeconds(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		sim := simnet.New(1)
		local := func(c *cluster.Config, _ *transport.Config) { c.Profile = cluster.ProfileLocal }
		nodes := []*node{start(t, sim, 1, local), start(t, sim, 2, local), start(t, sim, 3, local)}
		for _, n := range nodes {
			n.until(t, time.Minute, "joined", states(roster.NodeAlive, 3))
		}
		sim.Kill(nodes[2].host)
		for _, n := range nodes[:2] {
			took := n.until(t, 4*time.Second, "aware", states(roster.NodeDown, 1))
			t.Logf("%s after another %v", n.host.IP(), took)
		}
		stopAll(t, nodes...)
	})
}

func TestNobodyReadingEventsHoldsNothingUp(t *testing.T) {
	inVirtualTime(t, 3, func(t *testing.T, sim *simnet.Net, nodes []*node) {
		_, end := nodes[0].Subscribe() // and never reads
		defer end()
		for range 3 {
			sim.Isolate(nodes[2].host)
			nodes[0].until(t, time.Minute, "aware", states(roster.NodeDown, 1))
			sim.Heal()
			nodes[0].until(t, time.Minute, "whole", states(roster.NodeAlive, 3))
		}
	})
}
