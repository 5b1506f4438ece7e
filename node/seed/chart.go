package seed

import (
	"roster"
	"roster/fsm"
	"roster/node/founding"
)

// rechart makes the system shard that of the new cluster: its nodes have left, and all
// shards are the new node's. Which shard owns which slot stays.
func rechart(m *fsm.Machine, id *founding.Identity, wall roster.WallTime) error {
	chart := m.View().Map()
	if chart.Version == 0 {
		return roster.Errorf(roster.CodeInvalid, "the system shard has no cluster map: it is of a cluster that was never founded")
	}
	if len(chart.Shards) != id.Shards+1 {
		return roster.Errorf(roster.CodeInvalid, "the cluster map has %d shards, and there are states of %d", len(chart.Shards), id.Shards+1)
	}
	var ops []roster.Op
	for _, n := range m.View().Nodes() {
		if n.State != roster.NodeLeft {
			ops = append(ops, roster.Op{Command: roster.LeaveNode{ID: n.ID}})
		}
	}
	ops = append(ops, roster.Op{Command: roster.SetMap{If: chart.Version, Map: anew(chart, id)}})
	for _, result := range m.Apply(roster.Entry{Shard: m.Shard(), At: m.Now(), Wall: wall, Ops: ops}) {
		if result.Err != nil {
			return result.Err
		}
	}
	return nil
}

// anew returns the map of the new cluster.
func anew(old roster.ClusterMap, id *founding.Identity) roster.ClusterMap {
	next := roster.ClusterMap{Cluster: id.Cluster, ClusterID: id.ClusterID, Durability: id.Durability, Slots: old.Slots, Level: old.Level}
	for _, s := range old.Shards {
		next.Shards = append(next.Shards, roster.ShardVoters{ID: s.ID, Voters: []roster.NodeID{id.NodeID}})
	}
	return next
}
