package dht

import (
	"cmp"
	"slices"

	"roster"
)

// ReaderOptions says among which nodes readers are chosen, and for what.
type ReaderOptions struct {
	// Nodes can hold replicas. Order and repetition do not matter.
	Nodes []roster.NodeID
	// Shards are those that get readers, with who votes in them.
	Shards []roster.ShardVoters
	// Readers is how many each gets, of nodes that do not vote in it.
	Readers roster.Readers
	// Zones are where nodes are. Of two nodes the one is chosen in whose zone nobody holds
	// the shard yet.
	Zones map[roster.NodeID]string
	// Held counts what else each node holds: the vote in a shard that gets no readers.
	Held map[roster.NodeID]int
	// Current is who reads now. It stays, as far as balance allows.
	Current []roster.ShardVoters
}

// Readers returns o.Shards with the nodes that should read in each of them, sorted: the
// package comment says what is promised. Equal arguments give equal answers everywhere.
func Readers(o ReaderOptions) []roster.ShardVoters {
	p := newReading(o)
	for s := range p.shards {
		p.keep(s, votersOf(readersAsVoters(o.Current), p.shards[s].ID))
	}
	for s := range p.shards {
		for p.filled[s] < p.want(s) {
			p.take(s, p.choose(s))
		}
	}
	for p.evenOut() {
	}
	return p.result()
}

// readersAsVoters lets what looks up voters find readers.
func readersAsVoters(all []roster.ShardVoters) []roster.ShardVoters {
	out := make([]roster.ShardVoters, len(all))
	for i, s := range all {
		out[i] = roster.ShardVoters{ID: s.ID, Voters: s.Readers}
	}
	return out
}

// reading is a choice of readers in the making. Nodes are numbers, as in plan.
type reading struct {
	nodes   []roster.NodeID
	shards  []roster.ShardVoters
	readers roster.Readers
	seats   [][]part // per shard and node
	filled  []int    // per shard: readers so far
	load    []int    // per node: replicas, those in which it votes among them
	old     [][]bool // per shard and node: it reads there already
	zones   []string // per node
}

// part says what a node has of a shard.
type part uint8

const (
	nothing part = iota
	votes
	reads
)

func newReading(o ReaderOptions) *reading {
	p := &reading{nodes: sortedSet(o.Nodes), shards: slices.Clone(o.Shards), readers: o.Readers}
	p.load, p.filled = make([]int, len(p.nodes)), make([]int, len(p.shards))
	for n, id := range p.nodes {
		p.load[n] = o.Held[id]
		p.zones = append(p.zones, o.Zones[id])
	}
	for s, shard := range p.shards {
		p.seats, p.old = append(p.seats, make([]part, len(p.nodes))), append(p.old, make([]bool, len(p.nodes)))
		for _, id := range shard.Voters {
			if n, ok := slices.BinarySearch(p.nodes, id); ok && p.seats[s][n] == nothing {
				p.seats[s][n] = votes
				p.load[n]++
			}
		}
	}
	return p
}

// ReaderCount is how many of the nodes that do not vote in a shard hold it nevertheless.
func ReaderCount(r roster.Readers, others int) int {
	switch r {
	case roster.ReadersAll:
		return others
	case roster.ReadersNone:
		return 0
	}
	return min(int(r), others)
}

// want is how many readers a shard gets.
func (p *reading) want(s int) int {
	others := 0
	for _, has := range p.seats[s] {
		if has != votes {
			others++
		}
	}
	return ReaderCount(p.readers, others)
}

func (p *reading) take(s, n int) {
	p.seats[s][n] = reads
	p.filled[s]++
	p.load[n]++
}

// keep takes over those that read now, as many as are wanted.
func (p *reading) keep(s int, current []roster.NodeID) {
	for _, id := range current {
		n, ok := slices.BinarySearch(p.nodes, id)
		if ok && p.seats[s][n] == nothing && p.filled[s] < p.want(s) {
			p.old[s][n] = true
			p.take(s, n)
		}
	}
}

// choose returns the node that holds least of those that hold nothing of a shard.
func (p *reading) choose(s int) int {
	best := nobody
	for n, has := range p.seats[s] {
		if has == nothing && (best == nobody || p.before(s, n, best)) {
			best = n
		}
	}
	return best
}

// before reports whether a is the better node for a shard than b: fewer hold it in its zone,
// it holds less, or its hash with the shard is smaller, so that equals are spread.
func (p *reading) before(s, a, b int) bool {
	return cmp.Or(cmp.Compare(p.inZone(s, a), p.inZone(s, b)), cmp.Compare(p.load[a], p.load[b]), cmp.Compare(p.rank(s, a), p.rank(s, b))) < 0
}

// inZone counts who holds a shard in the zone of a node.
func (p *reading) inZone(s, n int) int {
	count := 0
	for other, has := range p.seats[s] {
		if has != nothing && p.zones[other] == p.zones[n] {
			count++
		}
	}
	return count
}

func (p *reading) rank(s, n int) uint64 {
	return hash64("reader/" + p.shards[s].ID.String() + "/" + string(p.nodes[n]))
}

// evenOut passes readers on along the shortest path from a node to one that holds at
// least two replicas less, and reports whether there was such a path. When there is none
// no other choice of readers is more even: the sum of squares is the least possible.
func (p *reading) evenOut() bool {
	for _, from := range p.byLoad() {
		if path := p.path(from); path != nil {
			for i, at := range path[:len(path)-1] {
				p.seats[at.shard][at.node], p.seats[at.shard][path[i+1].node] = nothing, reads
			}
			p.load[from]--
			p.load[path[len(path)-1].node]++
			return true
		}
	}
	return false
}

// byLoad lists the nodes, the fullest first.
func (p *reading) byLoad() []int {
	order := make([]int, len(p.nodes))
	for n := range order {
		order[n] = n
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p.load[b], p.load[a]) })
	return order
}

// path finds the shortest way, by shards in which one node reads and the next holds
// nothing, from a node to one that holds at least two less; nil if there is none. Of ways
// of one length it goes by a reader that is new.
func (p *reading) path(from int) []hop {
	return shortest(len(p.nodes), from, func(at int) bool { return p.load[at] <= p.load[from]-2 },
		func(_ *walk, at int, reach func(node, shard int)) {
			for _, s := range p.readBy(at) {
				for next, has := range p.seats[s] {
					if has == nothing {
						reach(next, s)
					}
				}
			}
		})
}

// readBy lists the shards in which a node reads, those first in which it is new.
func (p *reading) readBy(n int) []int {
	var fresh, old []int
	for s := range p.shards {
		switch {
		case p.seats[s][n] != reads:
		case p.old[s][n]:
			old = append(old, s)
		default:
			fresh = append(fresh, s)
		}
	}
	return append(fresh, old...)
}

// result returns the shards with their readers.
func (p *reading) result() []roster.ShardVoters {
	for s := range p.shards {
		p.shards[s].Readers = []roster.NodeID{}
		for n, has := range p.seats[s] {
			if has == reads {
				p.shards[s].Readers = append(p.shards[s].Readers, p.nodes[n])
			}
		}
	}
	return p.shards
}
