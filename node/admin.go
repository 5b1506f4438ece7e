package node

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"roster"
	"roster/fsm"
	"roster/node/founding"
	"roster/node/router"
	"roster/shard"
)

// caughtUpWithin is how old a replica may be and still count as caught up.
const caughtUpWithin = 2 * time.Second

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
func (n *Node) Members(context.Context) ([]roster.Member, error) {
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
		if known.State == roster.NodeDown || known.State == roster.NodeLeft {
			m.State = known.State
		}
	}
	n.addRoles(byID)
	members := make([]roster.Member, 0, len(byID))
	for _, m := range byID {
		members = append(members, *m)
	}
	slices.SortFunc(members, func(a, b roster.Member) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return members, nil
}

// addRoles fills in who leads, votes and reads, as the local replicas know it.
func (n *Node) addRoles(byID map[roster.NodeID]*roster.Member) {
	for _, m := range byID {
		m.LeaderOf, m.VoterOf, m.ReaderOf = []roster.ShardID{}, []roster.ShardID{}, []roster.ShardID{}
	}
	for _, g := range n.host.Groups() {
		voters, readers := g.Servers()
		for _, id := range voters {
			if m := byID[id]; m != nil {
				m.VoterOf = append(m.VoterOf, g.ID())
			}
		}
		for _, id := range readers {
			if m := byID[id]; m != nil {
				m.ReaderOf = append(m.ReaderOf, g.ID())
			}
		}
		leader, _ := g.Leader()
		if m := byID[leader]; m != nil {
			m.LeaderOf = append(m.LeaderOf, g.ID())
		}
	}
}

// Shards lists the shards as the local replicas see them.
func (n *Node) Shards(context.Context) ([]roster.ShardStatus, error) {
	shards := []roster.ShardStatus{}
	for _, g := range n.host.Groups() {
		shards = append(shards, g.Status())
	}
	return shards, nil
}

// Status describes this node in a few words.
func (n *Node) Status(ctx context.Context) (roster.NodeStatus, error) {
	s := roster.NodeStatus{Cluster: n.config.Cluster, Node: n.ID(), Version: n.config.Version, Insecure: n.config.Insecure, Auth: n.config.Auth,
		Durability: n.config.Durability, Members: len(n.aliveIDs()), Ready: true}
	for _, g := range n.host.Groups() {
		s.Shards++
		s.Agents += g.Status().Agents
	}
	checks, err := n.Ready(ctx)
	for _, check := range checks {
		s.Ready = s.Ready && check.OK
	}
	return s, err
}

// Ready lists what must hold before this node serves.
func (n *Node) Ready(context.Context) ([]roster.Check, error) {
	checks := []roster.Check{n.checkCluster(), n.checkMembers(), n.checkLeaders(), n.checkReplicas(), n.checkLease(), n.checkFaults()}
	doors := cmp.Or(n.config.Doors, "loopback only")
	if !n.config.Auth && n.givesTokens() {
		doors += "; OPEN: the cluster has access tokens, and this node asks for none"
	}
	return append(checks, roster.Check{Name: "doors", OK: true, Detail: doors}), nil
}

// givesTokens reports whether the cluster has access tokens, as far as this node knows.
func (n *Node) givesTokens() bool {
	g, err := n.router.Group(roster.SystemShard)
	some := false
	if err == nil {
		_, err = g.View(func(v *fsm.View) error {
			some = len(v.AccessTokens()) > 0
			return nil
		})
	}
	return err == nil && some
}

func (n *Node) checkCluster() roster.Check {
	id := n.founder.Look()
	// Between the two, the node knows its cluster but not yet every shard.
	check := roster.Check{Name: "cluster", OK: id.ClusterID != "" && id.Opened, Detail: "belongs to cluster " + id.Cluster + " " + id.ClusterID}
	switch {
	case check.OK:
	case id.ClusterID != "":
		check.Detail = "opens the shards of cluster " + id.Cluster + " " + id.ClusterID
	case id.Promise != nil && id.Promise.Proposer != id.NodeID:
		check.Detail = fmt.Sprintf("has promised to found a cluster with %s, which must say how that ended; if it is gone for good, stop this node and remove \"promise\" from node.json", id.Promise.Proposer)
	case n.config.Expect > 0:
		check.Detail = fmt.Sprintf("waits to found a cluster of %d: sees %d members", n.config.Expect, len(n.aliveIDs()))
	default:
		check.Detail = "waits to meet a cluster: join one"
	}
	if why := n.gossip.Refusal(); !check.OK && why != nil {
		check.Detail += "; " + why.Error()
	}
	return check
}

func (n *Node) checkMembers() roster.Check {
	alive := len(n.aliveIDs())
	return roster.Check{Name: "members", OK: alive >= n.config.Expect, Detail: fmt.Sprintf("%d alive, at least %d expected", alive, n.config.Expect)}
}

func (n *Node) checkLeaders() roster.Check {
	var missing []string
	for _, g := range n.host.Groups() {
		if leader, _ := g.Leader(); leader == "" {
			missing = append(missing, g.ID().String())
		}
	}
	return listed("leaders", "every shard has a leader", "no leader: shard ", missing)
}

func (n *Node) checkReplicas() roster.Check {
	var behind []string
	for _, g := range n.host.Groups() {
		voters, readers := g.Servers()
		placed := slices.Contains(voters, n.ID()) || slices.Contains(readers, n.ID())
		if age := time.Duration(g.Status().AgeMS) * time.Millisecond; !placed || age > caughtUpWithin {
			behind = append(behind, g.ID().String())
		}
	}
	if n.router.Map() == nil || len(n.host.Groups()) < n.founder.Look().Shards+1 {
		behind = append(behind, "not all open yet")
	}
	return listed("replicas", "every local replica has caught up", "still catching up: shard ", behind)
}

func (n *Node) checkLease() roster.Check {
	check := roster.Check{Name: "lease", OK: n.lease.Held(), Detail: "held"}
	if !check.OK {
		check.Detail = "not renewed: the system shard does not answer"
	}
	return check
}

func (n *Node) checkFaults() roster.Check {
	n.mu.Lock()
	defer n.mu.Unlock()
	var failed []string
	for id, err := range n.mu.faults {
		failed = append(failed, id.String()+": "+err.Error())
	}
	slices.Sort(failed)
	return listed("storage", "no replica has failed", "failed: shard ", failed)
}

func listed(name, good, bad string, items []string) roster.Check {
	if len(items) == 0 {
		return roster.Check{Name: name, OK: true, Detail: good}
	}
	return roster.Check{Name: name, Detail: bad + strings.Join(items, ", ")}
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
	var votes []string
	for _, g := range n.host.Groups() {
		if voters, _ := g.Servers(); slices.Contains(voters, n.ID()) {
			votes = append(votes, g.ID().String())
		}
	}
	if len(votes) > 0 && !force {
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
func (n *Node) Moves(context.Context) (roster.MovePlan, error) { return n.steering.Plan() }

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
