package cluster_test

import (
	"slices"
	"testing"
	"time"

	"roster"
	"roster/cluster"
	"roster/internal/simnet"
	"roster/transport"
)

// of gives a node of a test the id of its cluster.
func of(id string) func(*cluster.Config, *transport.Config) {
	return func(c *cluster.Config, _ *transport.Config) { c.Meta.ClusterID = id }
}

// TestTwoClustersDoNotMix: packets alone, which no handshake guards: the transports here
// know of no cluster id. A newcomer sees both clusters until it belongs to one; then the
// members of the other forget it, and it them.
func TestTwoClustersDoNotMix(t *testing.T) {
	inVirtualTime(t, 0, func(t *testing.T, sim *simnet.Net, _ []*node) {
		old := []*node{start(t, sim, 1, of("0123")), start(t, sim, 2, of("0123"))}
		restored := []*node{start(t, sim, 4, of("4567")), start(t, sim, 5, of("4567"))}
		newcomer := start(t, sim, 6, nil)
		for _, n := range slices.Concat(old, restored) {
			n.until(t, time.Minute, "among its own and the newcomer", states(roster.NodeAlive, 3))
		}
		newcomer.until(t, time.Minute, "with all of them", states(roster.NodeAlive, 5))
		if ids := newcomer.ClusterIDs(); !slices.Equal(ids, []string{"0123", "4567"}) {
			t.Errorf("the newcomer sees clusters %v", ids)
		}
		newcomer.Belong("4567")
		newcomer.until(t, time.Second, "with its own alone", states(roster.NodeAlive, 3))
		<-time.After(2 * time.Minute) // some exchanges of all that each knows
		for _, n := range slices.Concat(restored, []*node{newcomer}) {
			if !states(roster.NodeAlive, 3)(n.Members()) {
				t.Errorf("%s lists %v", n.Advertised(), n.Members())
			}
		}
		for _, n := range old {
			if members := n.Members(); len(members) != 2 {
				t.Errorf("%s lists %v", n.Advertised(), members)
			}
		}
		stopAll(t, slices.Concat(old, restored, []*node{newcomer})...)
	})
}
