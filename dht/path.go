package dht

import "slices"

// hop is a node on a path and the shard that it hands on to the next.
type hop struct{ node, shard int }

// walk is a search for the shortest way from one node to another over shards that one can
// hand to the next (breadth first).
type walk struct {
	from    int
	reached []hop // how a node was reached: from which one, by which shard
}

// shortest returns the shortest way from a node to one for which end holds; nil if there is
// none. next is asked once for each node that is reached, and reaches on.
func shortest(nodes, from int, end func(at int) bool, next func(w *walk, at int, reach func(node, shard int))) []hop {
	w := &walk{from: from, reached: make([]hop, nodes)}
	for n := range w.reached {
		w.reached[n] = hop{nobody, nobody}
	}
	w.reached[from].node = from
	for queue := []int{from}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if end(at) {
			return w.back(at)
		}
		next(w, at, func(node, shard int) {
			if w.reached[node].node == nobody {
				w.reached[node] = hop{at, shard}
				queue = append(queue, node)
			}
		})
	}
	return nil
}

// used reports whether the way to a node hands a shard on.
func (w *walk) used(at, shard int) bool {
	for ; at != w.from; at = w.reached[at].node {
		if w.reached[at].shard == shard {
			return true
		}
	}
	return false
}

// back returns the way to a node that was reached.
func (w *walk) back(at int) []hop {
	path := []hop{{at, nobody}}
	for ; at != w.from; at = w.reached[at].node {
		path = append(path, w.reached[at])
	}
	slices.Reverse(path)
	return path
}
