package dht

import (
	"cmp"
	"roster"
	"slices"
)

// VirtualNodesDefault is how many points a node has on the ring: enough that its
// share of the keys stays within a tenth of the mean (see the package comment).
const VirtualNodesDefault = 4096

// virtualNodesMax bounds the memory of a ring: 16 bytes a point.
const virtualNodesMax = 1 << 16

// Options says what a ring is for. The zero value makes a ring that owns keys and
// has no shards.
type Options struct {
	// Shards are the shards to find voters for. Order and repetition do not matter.
	Shards []roster.ShardID
	// Replicas is how many voters each shard has; there are never more than nodes.
	// Below 1: roster.VotersDefault, or one while there are fewer nodes than that,
	// because two voters tolerate no more than one does.
	Replicas int
	// VirtualNodes is how many points each node has on the ring, at most 65 536.
	// Below 1: VirtualNodesDefault.
	VirtualNodes int
	// Zones are where nodes are; those that are not in it are in one zone together. Voters
	// of a shard are spread over as many as possible.
	Zones map[roster.NodeID]string
	// Current is where voters are now. What stands there stays, as far as balance
	// allows. Unknown nodes and shards in it are ignored.
	Current []roster.ShardVoters
}

// Ring is an immutable assignment of keys and shards to nodes. It is safe for use by
// many goroutines.
type Ring struct {
	nodes  []roster.NodeID // sorted
	points []point         // sorted
	voters []roster.ShardVoters
}

// point is one virtual node: keys that hash to at or just below it are its node's.
type point struct {
	at   uint64
	node int // in nodes
}

func (p point) compare(q point) int {
	return cmp.Or(cmp.Compare(p.at, q.at), cmp.Compare(p.node, q.node))
}

// NewRing places nodes on a ring and finds the voters of o.Shards. The order and
// repetition of nodes do not matter. Equal arguments give equal rings on every
// machine.
func NewRing(nodes []roster.NodeID, o Options) *Ring {
	r := &Ring{nodes: sortedSet(nodes)}
	r.points = points(r.nodes, o.virtualNodes())
	p := newPlan(r, o)
	p.keep(o.Current)
	p.fill()
	p.level()
	p.lead()
	r.voters = p.result()
	return r
}

func (o Options) virtualNodes() int {
	if o.VirtualNodes < 1 {
		return VirtualNodesDefault
	}
	return min(o.VirtualNodes, virtualNodesMax)
}

// replicas returns how many voters each shard has among that many nodes.
func (o Options) replicas(nodes int) int {
	switch {
	case o.Replicas > 0:
		return min(o.Replicas, nodes)
	case nodes < roster.VotersDefault:
		return min(1, nodes)
	}
	return roster.VotersDefault
}

// points places every node each times, at places that depend on its id alone.
func points(nodes []roster.NodeID, each int) []point {
	// The golden ratio in 64 bits: an odd step, so that no place repeats.
	const step = 0x9e3779b97f4a7c15
	all := make([]point, 0, len(nodes)*each)
	for i, node := range nodes {
		seed := hash64(string(node))
		for range each {
			seed += step
			all = append(all, point{avalanche(seed), i})
		}
	}
	slices.SortFunc(all, point.compare)
	return all
}

// Nodes returns the nodes of the ring, sorted.
func (r *Ring) Nodes() []roster.NodeID { return slices.Clone(r.nodes) }

// Owner returns the node that a key belongs to: the one with the next point on the
// ring. It is "" on a ring without nodes.
func (r *Ring) Owner(key roster.Key) roster.NodeID {
	if len(r.points) == 0 {
		return ""
	}
	return r.nodes[r.points[r.search(hash64(string(key)))].node]
}

// search returns the first point at or after a place, going round at the end.
func (r *Ring) search(at uint64) int {
	i, _ := slices.BinarySearchFunc(r.points, at, func(p point, at uint64) int { return cmp.Compare(p.at, at) })
	return i % len(r.points)
}

// order returns all nodes in the order in which the ring meets them from a place.
func (r *Ring) order(at uint64) []int {
	if len(r.points) == 0 {
		return nil
	}
	seen := make([]bool, len(r.nodes))
	order := make([]int, 0, len(r.nodes))
	for i := r.search(at); len(order) < len(r.nodes); i = (i + 1) % len(r.points) {
		if n := r.points[i].node; !seen[n] {
			seen[n] = true
			order = append(order, n)
		}
	}
	return order
}

// Voters returns the nodes that should vote in a shard: distinct, the preferred
// leader first, the others sorted. It is nil for a shard that is not in
// Options.Shards, and empty on a ring without nodes.
func (r *Ring) Voters(shard roster.ShardID) []roster.NodeID {
	i, ok := slices.BinarySearchFunc(r.voters, shard, func(v roster.ShardVoters, s roster.ShardID) int { return cmp.Compare(v.ID, s) })
	if !ok {
		return nil
	}
	return slices.Clone(r.voters[i].Voters)
}

// Assignment returns the voters of every shard, sorted by shard: what a cluster map
// stores and a later ring takes as Options.Current.
func (r *Ring) Assignment() []roster.ShardVoters {
	all := make([]roster.ShardVoters, len(r.voters))
	for i, v := range r.voters {
		all[i] = roster.ShardVoters{ID: v.ID, Voters: slices.Clone(v.Voters)}
	}
	return all
}
