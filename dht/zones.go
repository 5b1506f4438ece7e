package dht

import (
	"slices"

	"roster"
)

// spread is how voters are spread over zones: at most most of one shard in one.
type spread struct {
	of    []int // per node: its zone
	count int   // of zones
	most  int
}

// newSpread finds the zones of nodes. A node that is not in zones is in the one of all
// such nodes. most is the least with which every shard can have its voters.
func newSpread(nodes []roster.NodeID, zones map[roster.NodeID]string, want int) spread {
	var names []string
	for _, id := range nodes {
		names = append(names, zones[id])
	}
	set := sortedSet(names)
	z := spread{of: make([]int, len(nodes)), count: len(set), most: 1}
	size := make([]int, len(set))
	for n := range nodes {
		z.of[n], _ = slices.BinarySearch(set, names[n])
		size[z.of[n]]++
	}
	for ; z.room(size) < want; z.most++ {
	}
	return z
}

// room is how many voters a shard can have with at most most in a zone.
func (z spread) room(size []int) int {
	n := 0
	for _, s := range size {
		n += min(s, z.most)
	}
	return n
}

// fits reports whether a zone may have one more voter of a shard, when another node gives
// up its vote there; nobody: none does.
func (p *plan) fits(s, to, from int) bool {
	if p.zones.count < 2 || from != nobody && p.zones.of[from] == p.zones.of[to] {
		return true
	}
	n := 0
	for other, how := range p.seats[s] {
		if how != empty && p.zones.of[other] == p.zones.of[to] {
			n++
		}
	}
	return n < p.zones.most
}

// shift moves votes along the shortest path from a node to one that votes in at least two
// shards less, where zones allow no vote to go there at once; it reports whether there was
// such a path. When there is none, no assignment with these zones is more even: the sum of
// squares is the least possible.
func (p *plan) shift() bool {
	for from := range p.nodes {
		path := p.votePath(from)
		if path == nil {
			continue
		}
		for i, at := range path[:len(path)-1] {
			p.rise(at.shard, at.node)
			p.sit(at.shard, path[i+1].node, fresh)
		}
		return true
	}
	return false
}

// votePath finds that path; nil if there is none. No shard is on it twice, or what fits one
// by one might not fit together.
func (p *plan) votePath(from int) []hop {
	return shortest(len(p.nodes), from, func(at int) bool { return p.load[at] <= p.load[from]-2 },
		func(w *walk, at int, reach func(node, shard int)) {
			for s := range p.shards {
				if p.seats[s][at] == empty || w.used(at, s) {
					continue
				}
				for next, how := range p.seats[s] {
					if how == empty && p.fits(s, next, at) {
						reach(next, s)
					}
				}
			}
		})
}
