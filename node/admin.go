package node

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"roster"
	"roster/node/founding"
	"roster/node/readiness"
	"roster/node/router"
	"roster/node/steering"
	"roster/shard"
)

// aliveIDs lists the live members that gossip sees, this node among them, sorted.
func (n *Node) aliveIDs() []roster.NodeID {
	var ids []roster.NodeID
	for _, m := range n.gossip.Members() {
		if m.State == roster.NodeAlive || m.State == roster.NodeSuspect {
			ids = append(ids, m.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// Members lists the nodes: where gossip and the system shard differ, the system
// shard decides who is down or has left.
func (n *Node) Members(ctx context.Context) ([]roster.Member, error) {
	byID := make(map[roster.NodeID]*roster.Member)
	for _, m := range n.gossip.Members() {
		byID[m.ID] = &roster.Member{ID: m.ID, Name: m.Meta.Name, Address: m.Address, HTTP: m.Meta.HTTP, State: m.State, Version: m.Meta.Version}
	}
	nodes, _ := n.knownNodes() // none are known before the cluster is met
	for _, known := range nodes {
		m := byID[known.ID]
		if m == nil {
			m = &roster.Member{ID: known.ID, Name: known.Name, Address: known.Address, HTTP: known.HTTP, State: known.State, Version: known.Version}
			byID[known.ID] = m
		}
		m.Labels = known.Labels
		if known.State == roster.NodeDown || known.State == roster.NodeLeft {
			m.State = known.State
		}
	}
	shards, err := n.Shards(ctx)
	if err != nil {
		return nil, err
	}
	addRoles(byID, shards)
	if current := n.router.Map(); current != nil {
		for _, id := range current.Draining {
			if m := byID[id]; m != nil {
				m.Draining = m.State != roster.NodeLeft
			}
		}
		for _, id := range current.Pruned {
			delete(byID, id)
		}
	}
	members := make([]roster.Member, 0, len(byID))
	for _, m := range byID {
		members = append(members, *m)
	}
	slices.SortFunc(members, func(a, b roster.Member) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return members, nil
}

// addRoles fills in who leads, votes and reads.
func addRoles(byID map[roster.NodeID]*roster.Member, shards []roster.ShardStatus) {
	for _, m := range byID {
		m.LeaderOf, m.VoterOf, m.ReaderOf = []roster.ShardID{}, []roster.ShardID{}, []roster.ShardID{}
	}
	for _, s := range shards {
		for _, id := range s.Voters {
			if m := byID[id]; m != nil {
				m.VoterOf = append(m.VoterOf, s.ID)
			}
		}
		for _, id := range s.Readers {
			if m := byID[id]; m != nil {
				m.ReaderOf = append(m.ReaderOf, s.ID)
			}
		}
		if m := byID[s.Leader]; m != nil {
			m.LeaderOf = append(m.LeaderOf, s.ID)
		}
	}
}

// Status describes this node in a few words.
func (n *Node) Status(ctx context.Context) (roster.NodeStatus, error) {
	s := roster.NodeStatus{Cluster: n.config.Cluster, Node: n.ID(), Version: n.config.Version, Insecure: n.config.Insecure, Auth: n.config.Auth,
		Durability: n.config.Durability, Members: len(n.aliveIDs()), Map: n.router.Ring(), Level: n.router.Level(), Expect: n.config.Expect}
	shards, err := n.Shards(ctx)
	if err != nil {
		return s, err
	}
	for _, shard := range shards {
		s.Shards++
		s.Agents += shard.Agents
	}
	checks, err := n.Ready(ctx)
	s.Ready = readiness.Ready(checks)
	return s, err
}

// Join makes this node meet the nodes at addresses.
func (n *Node) Join(ctx context.Context, addresses []string) (int, error) {
	if len(addresses) == 0 || len(addresses) > NodesMax {
		return 0, roster.Invalid("addresses", "%d addresses: want 1 to %d", len(addresses), NodesMax)
	}
	for _, address := range addresses {
		if err := addressFault("join", address); err != nil {
			return 0, roster.Invalid("addresses", "%s", err.Error())
		}
	}
	ctx, cancel := router.WithDeadline(ctx)
	defer cancel()
	mine := n.founder.Look().ClusterID
	for _, address := range addresses {
		answer, err := n.net.Call(ctx, address, founding.MethodHello, nil)
		if err != nil {
			continue // the gossip join below says what is wrong with it
		}
		var met founding.Hello
		if err := json.Unmarshal(answer, &met); err == nil && mine != "" && met.ClusterID != "" && met.ClusterID != mine {
			return 0, roster.Errorf(roster.CodeConflict, "node %s at %s belongs to another cluster (%s): this node can join it only with an empty data directory", met.Node, address, met.ClusterID)
		}
	}
	return n.gossip.Join(ctx, addresses)
}

// Leave takes this node out of the cluster for good and stops it.
func (n *Node) Leave(ctx context.Context, force bool) error {
	ctx, cancel := router.WithDeadline(ctx)
	defer cancel()
	m := n.router.Map()
	drained := !force && m != nil && slices.Contains(m.Draining, n.ID())
	if votes := steering.Votes(ctx, n.host.Groups, n.ID(), drained); len(votes) > 0 && !force {
		return roster.Errorf(roster.CodeRefused, "this node votes in shards %s: drain it first, as roster leave does, or force the leave, and each of them survives one failure less until another node takes over", strings.Join(votes, ", "))
	}
	n.HandOver(ctx)
	if len(n.host.Groups()) > 0 {
		n.lease.Leaving(true)
		if _, err := n.router.ProposeOwn(ctx, roster.SystemShard, roster.LeaveNode{ID: n.ID()}); err != nil {
			n.lease.Leaving(false)
			return err
		}
	}
	n.noteLeft()
	if err := n.gossip.Leave(ctx); err != nil {
		n.log.Warn("leave gossip", "err", err)
	}
	n.stop(nil)
	return nil
}

// Moves says which voters are moving, which are to move, and why.
func (n *Node) Moves(ctx context.Context) (roster.MovePlan, error) { return n.steering.Plan(ctx) }

// Drain takes every vote off a node, or lets it vote again.
func (n *Node) Drain(ctx context.Context, id roster.NodeID, on bool) error {
	ctx, cancel := router.WithDeadline(ctx)
	defer cancel()
	return n.steering.Drain(ctx, id, on)
}

// PauseMoves stops what moves voters, or lets it go on.
func (n *Node) PauseMoves(ctx context.Context, paused bool) error {
	ctx, cancel := router.WithDeadline(ctx)
	defer cancel()
	return n.steering.Pause(ctx, paused)
}

// SetLayout changes what is wanted of where shards are.
func (n *Node) SetLayout(ctx context.Context, l roster.Layout) error {
	ctx, cancel := router.WithDeadline(ctx)
	defer cancel()
	return n.steering.Arrange(ctx, l)
}

// ForceLeave takes out another node that is gone for good.
func (n *Node) ForceLeave(ctx context.Context, id roster.NodeID) error {
	if slices.Contains(n.aliveIDs(), id) {
		return roster.Errorf(roster.CodeRefused, "node %s lives: drain it and let it leave by itself, or stop it first", id)
	}
	ctx, cancel := router.WithDeadline(ctx)
	defer cancel()
	_, err := n.router.ProposeOwn(ctx, roster.SystemShard, roster.LeaveNode{ID: id})
	return err
}

// Prune forgets a node that has left, once it is a member of no group.
func (n *Node) Prune(ctx context.Context, id roster.NodeID) error {
	if slices.Contains(n.aliveIDs(), id) {
		return roster.Errorf(roster.CodeRefused, "node %s lives", id)
	}
	if known, err := n.knownNodes(); err == nil && slices.ContainsFunc(known, func(k roster.NodeInfo) bool { return k.ID == id && k.State != roster.NodeLeft }) {
		return roster.Errorf(roster.CodeRefused, "node %s has not left: force it out first", id)
	}
	ctx, cancel := router.WithDeadline(ctx)
	defer cancel()
	shards, err := n.Shards(ctx)
	if err != nil {
		return err
	}
	for _, s := range shards {
		switch {
		case len(s.Voters) == 0:
			return &roster.Error{Code: roster.CodeUnavailable, Shard: s.ID, RetryAfter: time.Second, Detail: "nobody says who votes in shard " + s.ID.String()}
		case slices.Contains(s.Voters, id):
			return roster.Errorf(roster.CodeRefused, "node %s still votes in shard %v: its votes move when there is a node to take them (roster rebalance plan)", id, s.ID)
		case slices.Contains(s.Readers, id):
			return &roster.Error{Code: roster.CodeUnavailable, Shard: s.ID, RetryAfter: time.Second, Detail: "node " + string(id) + " is being removed from shard " + s.ID.String()}
		}
	}
	return n.steering.Prune(ctx, id)
}

// noteLeft keeps on disk that this node has left, so that a start from its directory
// says so instead of waiting for shards that know it no more.
func (n *Node) noteLeft() {
	err := n.founder.Change(func(id *founding.Identity) error {
		id.Left = true
		return nil
	})
	if err != nil {
		n.log.Warn("that this node has left is not on disk", "err", err)
	}
}

// HandOver moves the leaderships away that this node has, before it is closed by plan; a
// failure only costs the others an election.
func (n *Node) HandOver(ctx context.Context) {
	var all sync.WaitGroup
	for _, g := range n.host.Groups() {
		if leader, _ := g.Leader(); leader == n.ID() {
			all.Go(func() { handOver(ctx, g, n.ID()) })
		}
	}
	all.Wait()
}

func handOver(ctx context.Context, g *shard.Group, self roster.NodeID) {
	voters, _ := g.Servers()
	for _, to := range voters {
		if to != self && g.TransferLeadership(ctx, to) == nil {
			return
		}
	}
}
