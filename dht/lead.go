package dht

// lead gives every shard a preferred leader among its voters: the present one where
// it still votes, else the voter that leads least; then it evens out.
func (p *plan) lead() {
	if len(p.nodes) == 0 {
		return
	}
	for s, n := range p.leader {
		if n != nobody && p.seats[s][n] == empty {
			p.leader[s] = nobody
		} else if n != nobody {
			p.led[n]++
		}
	}
	for s, n := range p.leader {
		if n == nobody {
			n = p.idlest(s)
			p.leader[s] = n
			p.led[n]++
		}
	}
	for more := true; more; {
		more = p.evenOut()
	}
}

// idlest returns the voter of s that leads least, the first in ring order of equals.
func (p *plan) idlest(s int) int {
	best := nobody
	for _, n := range p.order[s] {
		if p.seats[s][n] != empty && (best == nobody || p.led[n] < p.led[best]) {
			best = n
		}
	}
	return best
}

// evenOut hands leaderships on along one path from a node to another that leads at
// least two fewer, and reports whether there was such a path. When there is none the
// sum of squares is the least possible. Then no two nodes differ by more than one:
// voters are level, so giving each voter an equal part of its shard loads every node
// between two neighbouring whole numbers, and a flow with such bounds has a whole
// solution.
func (p *plan) evenOut() bool {
	for n := range p.nodes {
		if path := p.path(n); path != nil {
			for i, s := range path[:len(path)-1] {
				p.leader[s.shard] = path[i+1].node
			}
			p.led[n]--
			p.led[path[len(path)-1].node]++
			return true
		}
	}
	return false
}

// path finds the shortest way, by shards that one node leads and the next votes in,
// from a node to one that leads at least two fewer; nil if there is none.
func (p *plan) path(from int) []hop {
	return shortest(len(p.nodes), from, func(at int) bool { return p.led[at] <= p.led[from]-2 },
		func(_ *walk, at int, reach func(node, shard int)) {
			for s, n := range p.leader {
				if n != at {
					continue
				}
				for next, how := range p.seats[s] {
					if how != empty {
						reach(next, s)
					}
				}
			}
		})
}
