package cluster_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"roster"
	"roster/cluster"
	"roster/internal/bubble"
	"roster/internal/simnet"
	"roster/transport"
)

var key = bytes.Repeat([]byte{3}, cluster.KeyBytes)

// drain outlasts every timer of memberlist and of the network: a bubble may not end
// while a goroutine waits.
const drain = 2 * time.Minute

// forwarded is another address of host 3, as a forwarding router would give it.
const forwarded = "10.0.0.77:7500"

// node is one member under test: the real transport over a simulated host.
type node struct {
	host *simnet.Host
	tr   *transport.Transport
	*cluster.Cluster
}

// start opens a node on host number; change may alter its configuration.
func start(t *testing.T, n *simnet.Net, number uint16, change func(*cluster.Config, *transport.Config)) *node {
	t.Helper()
	host := n.Host(number)
	name := fmt.Sprintf("n%d", number)
	tc := transport.Config{Network: host, Bind: "0.0.0.0:7500", Cluster: "prod", Key: key, Node: roster.NodeID(name + "-0000000a")}
	cc := cluster.Config{Meta: cluster.Meta{Name: name, HTTP: host.IP() + ":7400", Version: "1"}, Seeds: []string{"10.0.0.1:7500"}, Lookup: n.Lookup, Peer: transport.Peer}
	if change != nil {
		change(&cc, &tc)
	}
	tr, err := transport.Open(t.Context(), tc)
	if err != nil {
		t.Fatal(err)
	}
	cc.ID, cc.Cluster, cc.Key = tc.Node, tc.Cluster, tc.Key
	if cc.Advertise == "" {
		cc.Advertise = tr.Addr()
	}
	cc.Packets, cc.Streams = tr.Packets(), tr.Listener(transport.LaneGossip)
	cc.Dial = func(ctx context.Context, addr string) (net.Conn, error) {
		if addr == forwarded {
			addr = "10.0.0.3:7500"
		}
		return tr.Dial(ctx, addr, transport.LaneGossip)
	}
	c, err := cluster.Open(cc)
	if err != nil {
		t.Fatal(err)
	}
	return &node{host, tr, c}
}

func (n *node) stop(t *testing.T) {
	t.Helper()
	if err := n.Cluster.Close(); err != nil {
		t.Errorf("close cluster: %v", err)
	}
	if err := n.tr.Close(); err != nil {
		t.Errorf("close transport: %v", err)
	}
}

// until waits for a condition on n's members and returns how long that took.
func (n *node) until(t *testing.T, limit time.Duration, what string, ok func([]cluster.Member) bool) time.Duration {
	t.Helper()
	begin := time.Now()
	changes, end := n.Subscribe()
	defer end()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for !ok(n.Members()) {
		select {
		case <-changes:
		case <-timer.C:
			t.Fatalf("%s: not %s within %v: %v", n.Advertised(), what, limit, n.Members())
		}
	}
	return time.Since(begin)
}

// states says that exactly count members have a state.
func states(state roster.NodeState, count int) func([]cluster.Member) bool {
	return func(members []cluster.Member) bool {
		have := 0
		for _, m := range members {
			if m.State == state {
				have++
			}
		}
		return have == count
	}
}

func stateOf(members []cluster.Member, id string) roster.NodeState {
	i := slices.IndexFunc(members, func(m cluster.Member) bool { return m.ID == roster.NodeID(id) })
	if i < 0 {
		return ""
	}
	return members[i].State
}

// inVirtualTime runs a test of size nodes in virtual time.
func inVirtualTime(t *testing.T, size int, f func(*testing.T, *simnet.Net, []*node)) {
	bubble.Test(t, func(t *testing.T) {
		sim := simnet.New(1)
		var nodes []*node
		for i := range size {
			nodes = append(nodes, start(t, sim, uint16(i+1), nil))
		}
		for _, n := range nodes {
			n.until(t, time.Minute, "joined", states(roster.NodeAlive, size))
		}
		f(t, sim, nodes)
		for _, n := range nodes {
			n.stop(t)
		}
		<-time.After(drain)
	})
}

func TestIsolatedNodeIsSuspectedThenDownThenBack(t *testing.T) {
	for _, size := range []int{3, 5} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			inVirtualTime(t, size, func(t *testing.T, sim *simnet.Net, nodes []*node) {
				lost := nodes[size-1]
				sim.Isolate(lost.host)
				var suspecting time.Duration
				for _, n := range nodes[:size-1] {
					n.until(t, 30*time.Second, "down", func(m []cluster.Member) bool {
						s := stateOf(m, lost.id())
						if s == roster.NodeSuspect {
							suspecting++
						}
						return s == roster.NodeDown
					})
				}
				if suspecting == 0 {
					t.Error("nobody suspected the lost node before it was down")
				}
				lost.until(t, time.Minute, "alone", states(roster.NodeAlive, 1))
				sim.Heal()
				for _, n := range nodes {
					n.until(t, time.Minute, "whole", states(roster.NodeAlive, size))
				}
			})
		})
	}
}

func (n *node) id() string {
	for _, m := range n.Members() {
		if m.Address == n.Advertised() {
			return string(m.ID)
		}
	}
	return ""
}

func TestHalvesFindEachOtherAfterASplit(t *testing.T) {
	for _, length := range []time.Duration{time.Minute, 10 * time.Minute} {
		t.Run(length.String(), func(t *testing.T) {
			inVirtualTime(t, 5, func(t *testing.T, sim *simnet.Net, nodes []*node) {
				left, right := nodes[:2], nodes[2:]
				sim.Split([]*simnet.Host{left[0].host, left[1].host}, []*simnet.Host{right[0].host, right[1].host, right[2].host})
				<-time.After(length)
				for _, n := range left {
					n.until(t, time.Second, "split", states(roster.NodeAlive, 2))
				}
				for _, n := range right {
					n.until(t, time.Second, "split", states(roster.NodeAlive, 3))
				}
				sim.Heal()
				for _, n := range nodes {
					took := n.until(t, time.Minute, "whole", states(roster.NodeAlive, 5))
					t.Logf("%s whole after %v", n.host.IP(), took)
				}
			})
		})
	}
}

func TestLeaveIsNoFailure(t *testing.T) {
	inVirtualTime(t, 3, func(t *testing.T, _ *simnet.Net, nodes []*node) {
		id := nodes[2].id()
		if err := nodes[2].Leave(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, n := range nodes[:2] {
			n.until(t, 10*time.Second, "left", states(roster.NodeLeft, 1))
			if _, ok := n.Address(roster.NodeID(id)); ok {
				t.Error("a node that left still has an address")
			}
		}
	})
}
