package node

import (
	"context"
	"net"
	"time"

	"roster"
	"roster/node/afar"
	"roster/node/digests"
	"roster/node/fleets"
	"roster/node/founding"
	"roster/node/holding"
	"roster/node/keys"
	"roster/node/router"
	"roster/node/sessions"
	"roster/node/twins"
	"roster/shard"
	"roster/shard/digest"
	"roster/shard/logstore"
	"roster/shard/pledge"
)

type conn = net.Conn

// serve answers what other nodes call.
func (n *Node) serve(ctx context.Context, from roster.NodeID, method uint8, body []byte) ([]byte, error) {
	select {
	case <-n.opened:
	case <-ctx.Done():
		return nil, router.ErrNoCluster
	}
	switch method {
	case router.MethodPropose:
		return n.router.ServePropose(ctx, body)
	case router.MethodReadIndex:
		return n.router.ServeReadIndex(ctx, body)
	case sessions.MethodRenew:
		return n.sessions.ServeRenew(ctx, from, body)
	case founding.MethodAdmit:
		return n.serveAdmit(ctx, body)
	case twins.MethodAge:
		return n.twins.Serve()
	case keys.MethodKeys:
		return n.Keeper.Serve(from, body)
	case digest.MethodWindows:
		return n.digests.Serve(), nil
	case holding.MethodMember:
		return holding.ServeMember(ctx, n.router, from, body)
	case digests.MethodSeed:
		return n.digests.ServeSeed(from, body)
	}
	if fleets.Methods(method) {
		return n.Runner.Serve(ctx, method, body)
	}
	if afar.Methods(method) {
		return n.afar.Serve(ctx, from, method, body)
	}
	if answer, ok, err := n.founder.Serve(from, method, body); ok {
		return answer, err
	}
	return nil, roster.Errorf(roster.CodeInvalid, "unknown method %d: do all nodes run compatible versions?", method)
}

// call calls a method of another node by its id.
func (n *Node) call(ctx context.Context, to roster.NodeID, method uint8, body []byte) ([]byte, error) {
	addr, ok := n.addressOf(to)
	if !ok {
		return nil, unknownAddress(to)
	}
	return n.net.Call(ctx, addr, method, body)
}

// addressOf returns where a node is now, as gossip hints, or as the system shard
// last recorded.
func (n *Node) addressOf(id roster.NodeID) (string, bool) {
	if addr, ok := n.gossip.Address(id); ok {
		return addr, true
	}
	nodes, err := n.knownNodes()
	if err != nil {
		return "", false
	}
	for _, known := range nodes {
		if known.ID == id && known.Address != "" {
			return known.Address, true
		}
	}
	return "", false
}

// peers lists the addresses that the system shard has recorded of the other nodes,
// so that gossip finds them again after a long partition or a restart of all.
func (n *Node) peers() []string {
	nodes, _ := n.knownNodes() // none before the cluster is met
	var addresses []string
	for _, known := range nodes {
		if known.ID != n.ID() && known.State != roster.NodeLeft && known.Address != "" {
			addresses = append(addresses, known.Address)
		}
	}
	return addresses
}

// shardConfig says how this node keeps its groups.
func (n *Node) shardConfig(id *founding.Identity) shard.Config {
	c := shard.Config{Node: id.NodeID, Dir: n.config.DataDir, Store: logstore.Kind(n.config.Store), Network: n.net, AddressOf: n.addressOf,
		Logger: n.log, Metrics: n.config.Metrics, Disk: n.config.Disk, Wall: n.config.Wall, OnFault: n.fault, Compaction: n.config.Compaction,
		Pledge: func(s roster.ShardID) pledge.Pledge { return n.founder.Look().Pledges[s] }}
	if id.Durability == roster.DurabilityNone {
		c.Dir, c.Store = "", logstore.Memory
	}
	return c
}

func unknownAddress(id roster.NodeID) error {
	return &roster.Error{Code: roster.CodeUnavailable, RetryAfter: time.Second, Detail: "the address of node " + string(id) + " is not known"}
}
