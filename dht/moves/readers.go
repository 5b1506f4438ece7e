package moves

import (
	"cmp"
	"fmt"
	"slices"

	"roster"
	"roster/dht"
)

// Wanted reports whether the map wants a node to hold a replica of a shard, as a voter or
// as a reader. It is the one place that says who holds what.
func Wanted(m roster.ClusterMap, shard roster.ShardID, node roster.NodeID) bool {
	if shard == roster.SystemShard || m.Readers == roster.ReadersAll {
		return true
	}
	i := slices.IndexFunc(m.Shards, func(s roster.ShardVoters) bool { return s.ID == shard })
	return i >= 0 && (slices.Contains(m.Shards[i].Voters, node) || slices.Contains(m.Shards[i].Readers, node))
}

// Readers compares the members of a group with the nodes that the map wants to hold the
// shard: who enters as a reader, which is how every newcomer begins, and which readers go.
// Nobody goes while somebody is still to enter.
func Readers(w World, shard roster.ShardID, voters, readers []roster.NodeID) (enter, leave []roster.NodeID) {
	for _, node := range w.Nodes {
		reads := slices.Contains(readers, node.ID)
		wanted := node.State != roster.NodeLeft && Wanted(w.Map, shard, node.ID)
		switch {
		case wanted && node.State == roster.NodeAlive && !reads && !slices.Contains(voters, node.ID):
			enter = append(enter, node.ID)
		case reads && !wanted:
			leave = append(leave, node.ID)
		}
	}
	if len(enter) > 0 {
		return enter, nil
	}
	return nil, leave
}

// read returns the shards of a map with those who should read in them. One that is down
// for a while goes on to be wanted, as with votes; one that drains gives up no more than
// those.
func (w World) read(m roster.ClusterMap) []roster.ShardVoters {
	if m.Readers == roster.ReadersAll {
		return dropReaders(m.Shards)
	}
	o := dht.ReaderOptions{Nodes: w.Holders(), Zones: w.zones(), Readers: m.Readers, Current: m.Shards, Held: map[roster.NodeID]int{}}
	var out []roster.ShardVoters
	for _, s := range m.Shards {
		if s.ID != roster.SystemShard {
			o.Shards = append(o.Shards, s)
			continue
		}
		out = append(out, roster.ShardVoters{ID: s.ID, Voters: s.Voters}) // all nodes hold that
		for _, id := range s.Voters {
			o.Held[id]++
		}
	}
	out = append(out, dht.Readers(o)...)
	slices.SortFunc(out, func(a, b roster.ShardVoters) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// Settled says in one text of what a plan is made beside the map: a plan that found nothing
// to do need not be made again while it is the same.
func (w World) Settled() string {
	return fmt.Sprint(w.Fit(), w.Holders(), w.zones())
}

// Holders lists the nodes that can hold replicas, sorted: those that drain among them.
func (w World) Holders() []roster.NodeID {
	var ids []roster.NodeID
	for _, n := range w.Nodes {
		if n.State != roster.NodeLeft && !w.gone(n) {
			ids = append(ids, n.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

func dropReaders(all []roster.ShardVoters) []roster.ShardVoters {
	out := slices.Clone(all)
	for i := range out {
		out[i].Readers = nil
	}
	return out
}

// gone reports whether a node has been down for longer than is waited.
func (w World) gone(n roster.NodeInfo) bool {
	return n.State == roster.NodeDown && w.Now-n.Lease >= w.After
}
