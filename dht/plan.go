package dht

import (
	"roster"
	"slices"
)

// nobody stands where no node is chosen yet.
const nobody = -1

// plan is an assignment of voters in the making. Nodes and shards are numbers here:
// their places in the sorted lists.
type plan struct {
	nodes  []roster.NodeID
	shards []roster.ShardID
	want   int      // voters of each shard
	order  [][]int  // per shard: all nodes in ring order
	seats  [][]seat // per shard and node
	filled []int    // per shard: voters so far
	load   []int    // per node: shards it votes in
	base   int      // every node votes in at least this many at the end …
	spare  int      // … and this many nodes in one more
	leader []int    // per shard
	led    []int    // per node: shards it is to lead
	zones  spread
}

// seat says whether a node votes in a shard.
type seat uint8

const (
	empty seat = iota
	kept       // it did already
	fresh      // it is to begin
)

func newPlan(r *Ring, o Options) *plan {
	p := &plan{nodes: r.nodes, shards: sortedSet(o.Shards), want: o.replicas(len(r.nodes))}
	p.zones = newSpread(p.nodes, o.Zones, p.want)
	p.load, p.led = make([]int, len(p.nodes)), make([]int, len(p.nodes))
	p.filled, p.leader = make([]int, len(p.shards)), make([]int, len(p.shards))
	for s, shard := range p.shards {
		p.leader[s] = nobody
		p.order = append(p.order, r.order(hash64("shard/"+shard.String())))
		p.seats = append(p.seats, make([]seat, len(p.nodes)))
	}
	if len(p.nodes) > 0 {
		total := p.want * len(p.shards)
		p.base, p.spare = total/len(p.nodes), total%len(p.nodes)
	}
	return p
}

// keep takes over the current voters that are still nodes, and leaders among them.
func (p *plan) keep(current []roster.ShardVoters) {
	for _, c := range current {
		s, ok := slices.BinarySearch(p.shards, c.ID)
		if !ok {
			continue
		}
		for i, id := range c.Voters {
			n, ok := slices.BinarySearch(p.nodes, id)
			if !ok || p.seats[s][n] != empty || p.filled[s] == p.want || !p.fits(s, n, nobody) {
				continue
			}
			p.sit(s, n, kept)
			if i == 0 {
				p.leader[s] = n
			}
		}
	}
}

func (p *plan) sit(s, n int, how seat) {
	p.seats[s][n] = how
	p.filled[s]++
	p.load[n]++
	if p.load[n] == p.base+1 {
		p.spare--
	}
}

func (p *plan) rise(s, n int) {
	p.seats[s][n] = empty
	p.filled[s]--
	if p.load[n] == p.base+1 {
		p.spare++
	}
	p.load[n]--
}

// fill gives every shard its voters, all shards one before any gets the next.
func (p *plan) fill() {
	for rank := range p.want {
		for s := range p.shards {
			if p.filled[s] == rank {
				p.sit(s, p.choose(s), fresh)
			}
		}
	}
}

// choose returns the first node in ring order with room, the bounded load. If all
// of those vote here already it is the least loaded other, and level makes it good.
func (p *plan) choose(s int) int {
	best := nobody
	for _, n := range p.order[s] {
		switch {
		case p.seats[s][n] != empty || !p.fits(s, n, nobody):
		case p.load[n] < p.base || p.load[n] == p.base && p.spare > 0:
			return n
		case best == nobody || p.load[n] < p.load[best]:
			best = n
		}
	}
	return best
}

// level moves voters from the fullest to the emptiest node until they differ by one
// at most. Without zones there is always one to move: the fuller node votes somewhere where
// the emptier does not. No voter moves twice then, since the fullest never grows and the
// emptiest never shrinks. Where zones allow none, votes are passed on along a path.
func (p *plan) level() {
	for len(p.nodes) > 0 && len(p.shards) > 0 {
		from, to := extremes(p.load)
		if p.load[from]-p.load[to] <= 1 {
			return
		}
		if s := p.cheapest(from, to); s != nobody {
			p.rise(s, from)
			p.sit(s, to, fresh)
		} else if !p.shift() { // zones are in the way
			return
		}
	}
}

// extremes returns the places of the largest and the smallest number, the first of
// equals.
func extremes(counts []int) (most, least int) {
	for i, c := range counts {
		if c > counts[most] {
			most = i
		}
		if c < counts[least] {
			least = i
		}
	}
	return most, least
}

// cheapest returns the shard whose voter costs least to move: one that has not
// begun, else one that does not lead, else any; of equals the one for which the ring
// names from last; nobody where zones allow none.
func (p *plan) cheapest(from, to int) int {
	best, bestCost := nobody, 0
	for s := range p.shards {
		if p.seats[s][from] == empty || p.seats[s][to] != empty || !p.fits(s, to, from) {
			continue
		}
		cost := len(p.nodes) - slices.Index(p.order[s], from)
		if p.seats[s][from] == kept {
			cost += len(p.nodes)
		}
		if p.leader[s] == from {
			cost += 2 * len(p.nodes)
		}
		if best == nobody || cost < bestCost {
			best, bestCost = s, cost
		}
	}
	return best
}

// result returns the voters of each shard, the leader first.
func (p *plan) result() []roster.ShardVoters {
	all := make([]roster.ShardVoters, len(p.shards))
	for s, shard := range p.shards {
		voters := make([]roster.NodeID, 0, p.want)
		if p.leader[s] != nobody {
			voters = append(voters, p.nodes[p.leader[s]])
		}
		for n, how := range p.seats[s] {
			if how != empty && n != p.leader[s] {
				voters = append(voters, p.nodes[n])
			}
		}
		all[s] = roster.ShardVoters{ID: shard, Voters: voters}
	}
	return all
}
