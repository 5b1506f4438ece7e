package node

import (
	"roster"
	"roster/fsm/codec"
	"roster/node/founding"
)

// levels says up to which level of commands each member that gossip sees can go.
func (n *Node) levels() map[roster.NodeID]int {
	levels := map[roster.NodeID]int{}
	for _, m := range n.gossip.Members() {
		if m.State == roster.NodeAlive || m.State == roster.NodeSuspect {
			levels[m.ID] = m.Meta.Level
		}
	}
	return levels
}

// keepLevel ends a node that cannot apply what the cluster has agreed to write, and
// notes the level on disk, so that an older build does not start there later.
func (n *Node) keepLevel(agreed int) error {
	if agreed > codec.Level {
		return founding.TooOld(agreed, codec.Level)
	}
	if agreed <= n.founder.Look().Level {
		return nil
	}
	return n.founder.Change(func(id *founding.Identity) error {
		id.Level = agreed
		return nil
	})
}

// self is what this node enters in the system shard: with its labels as soon as all nodes
// can read them.
func (n *Node) self() roster.NodeInfo {
	info := roster.NodeInfo{ID: n.ID(), Name: n.config.Name, Address: n.config.Advertise, HTTP: n.config.HTTP, Version: n.config.Version, Labels: n.config.Labels}
	if n.router.Level() < codec.LevelOf(roster.JoinNode{Node: info}) {
		info.Labels = nil
	}
	return info
}
