package cluster_test

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"roster"
	"roster/cluster"
	"roster/transport"
)

// A probe that is under way when memberlist shuts down ends by itself within its
// interval, and nothing can wait for it; everything else must be gone.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/hashicorp/memberlist.(*Memberlist).probeNode"))
}

// loopback opens a node on the machine's own network.
func loopback(t *testing.T, name string, seeds ...string) *node {
	t.Helper()
	id := roster.NodeID(name + "-0000000a")
	tr, err := transport.Open(t.Context(), transport.Config{Network: transport.OS(), Bind: "127.0.0.1:0", Cluster: "prod", Key: key, Node: id})
	if err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Open(cluster.Config{
		ID: id, Meta: cluster.Meta{Name: name}, Cluster: "prod", Key: key, Seeds: seeds, Profile: cluster.ProfileLocal,
		Packets: tr.Packets(), Streams: tr.Listener(transport.LaneGossip), Peer: transport.Peer,
		Dial: func(ctx context.Context, addr string) (net.Conn, error) {
			return tr.Dial(ctx, addr, transport.LaneGossip)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &node{tr: tr, Cluster: c}
}

// The real sockets, the real clock: three nodes meet, one leaves, one dies.
func TestLoopback(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: takes seconds of real time")
	}
	nodes := []*node{loopback(t, "n0")}
	for i := range 2 {
		nodes = append(nodes, loopback(t, fmt.Sprintf("n%d", i+1), nodes[0].Advertised()))
	}
	for _, n := range nodes {
		n.until(t, 5*time.Second, "joined", states(roster.NodeAlive, 3))
	}
	if err := nodes[2].Leave(t.Context()); err != nil {
		t.Error(err)
	}
	for _, n := range nodes[:2] {
		n.until(t, 5*time.Second, "aware", states(roster.NodeLeft, 1))
	}
	nodes[2].stop(t)
	nodes[1].stop(t)
	took := nodes[0].until(t, 8*time.Second, "aware", states(roster.NodeDown, 1))
	t.Logf("death noticed after %v", took)
	nodes[0].stop(t)
}
