package node

import (
	"context"
	"time"

	"roster"
	"roster/dht"
	"roster/fsm"
	"roster/fsm/codec"
	"roster/node/founding"
	"roster/node/router"
	"roster/shard"
)

// mapEvery is how often a node looks whether the cluster map has changed.
const mapEvery = 250 * time.Millisecond

// foundingMap is the first cluster map: every founder computes the same one.
func foundingMap(p *founding.Proposal, cluster string) roster.ClusterMap {
	shards := make([]roster.ShardID, p.Shards+1)
	for i := range shards {
		shards[i] = roster.ShardID(i)
	}
	m := roster.ClusterMap{Version: 1, Cluster: cluster, ClusterID: p.ClusterID, Durability: p.Durability, Readers: p.Readers,
		Slots:  dht.AssignSlots(shards[1:]), // the system shard holds no agents
		Shards: dht.NewRing(p.Members, dht.Options{Shards: shards}).Assignment()}
	if m.Readers != roster.ReadersAll { // which older builds cannot read: they stay outside
		m.Level = codec.Level
	}
	return m
}

// bootstrapServers returns the first configuration of a group: nil where self does
// not vote, because readers are added by the leader.
func bootstrapServers(voters []roster.NodeID, self roster.NodeID) []shard.Server {
	var servers []shard.Server
	votes := false
	for _, voter := range voters {
		servers = append(servers, shard.Server{ID: voter})
		votes = votes || voter == self
	}
	if !votes {
		return nil
	}
	return servers
}

// newestMap returns the map that this node's replica of the system shard has.
func (n *Node) newestMap() (m roster.ClusterMap, err error) {
	system, ok := n.host.Group(roster.SystemShard)
	if !ok {
		return m, router.ErrNoCluster
	}
	_, err = system.View(func(v *fsm.View) error { m = v.Map(); return nil })
	return m, err
}

// followMap keeps the router's map at what the system shard holds, and writes the
// founding map there while this node leads the system shard and it has none.
func (n *Node) followMap(ctx context.Context, system *shard.Group) error {
	for {
		age := time.Duration(system.Status().AgeMS) * time.Millisecond
		m, err := n.newestMap()
		if err != nil {
			return err
		}
		if err := n.keepLevel(m.Level); err != nil {
			return err
		}
		n.router.SetMap(m)
		n.looked.Store(int64(max(n.lease.Age()-age, 1)))
		if m.Version == 0 {
			n.writeFoundingMap(ctx, system)
		}
		if !router.Wait(ctx, mapEvery) {
			return nil
		}
	}
}

func (n *Node) writeFoundingMap(ctx context.Context, system *shard.Group) {
	id := n.founder.Look()
	if leader, _ := system.Leader(); leader != id.NodeID || id.Founding == nil {
		return
	}
	m := foundingMap(id.Founding, id.Cluster)
	if _, err := n.router.ProposeOwn(ctx, roster.SystemShard, roster.SetMap{Map: m}); err != nil {
		n.log.Debug("write the founding map", "err", err)
	}
}

// knownNodes lists what the system shard knows, from the local replica.
func (n *Node) knownNodes() (nodes []roster.NodeInfo, err error) {
	g, err := n.router.Group(roster.SystemShard)
	if err != nil {
		return nil, err
	}
	_, err = g.View(func(v *fsm.View) error {
		nodes = v.Nodes()
		return nil
	})
	return nodes, err
}
