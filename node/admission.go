package node

import (
	"context"
	"encoding/json"

	"roster"
	"roster/fsm"
	"roster/fsm/codec"
	"roster/node/founding"
	"roster/node/router"
)

// foundingConfig says what this node brings to a founding or an admission.
func (n *Node) foundingConfig() founding.Config {
	return founding.Config{Cluster: n.config.Cluster, Name: n.config.Name, DataDir: n.config.DataDir, Durability: n.config.Durability,
		Expect: n.config.Expect, Shards: n.config.Shards, Readers: n.config.Readers, Level: codec.Level, Self: n.self, Call: n.call, Alive: n.aliveIDs, Clusters: func() []string { return n.gossip.ClusterIDs() }, Logger: n.config.Logger}
}

// serveAdmit enters another node in the system shard, so that shard leaders make it
// a reader.
func (n *Node) serveAdmit(ctx context.Context, body []byte) ([]byte, error) {
	var a founding.Admission
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, roster.Errorf(roster.CodeInvalid, "malformed admission: %v", err)
	}
	id := n.founder.Look()
	switch {
	case id.ClusterID == "":
		return nil, router.ErrNoCluster
	case a.Durability != id.Durability:
		return nil, roster.Errorf(roster.CodeConflict, "the cluster keeps durability %s; start the node with that", id.Durability)
	}
	if m := n.router.Map(); m != nil && m.Level > max(a.Level, 1) {
		return nil, founding.TooOld(m.Level, max(a.Level, 1))
	}
	if err := n.nameIsFree(a.Node); err != nil {
		return nil, err
	}
	if _, err := n.router.ProposeOwn(ctx, roster.SystemShard, roster.JoinNode{Node: a.Node}); err != nil {
		return nil, err
	}
	return json.Marshal(founding.Entry{ClusterID: id.ClusterID, Shards: id.Shards})
}

// nameIsFree refuses a second live node of one name.
func (n *Node) nameIsFree(wanted roster.NodeInfo) error {
	g, err := n.router.Group(roster.SystemShard)
	if err != nil {
		return err
	}
	var taken roster.NodeID
	if _, err := g.View(func(v *fsm.View) error {
		for _, known := range v.Nodes() {
			if known.Name == wanted.Name && known.ID != wanted.ID && known.State == roster.NodeAlive {
				taken = known.ID
			}
		}
		return nil
	}); err != nil {
		return err
	}
	if taken != "" {
		return roster.Errorf(roster.CodeConflict, "a live node is already called %q (%s): choose another --name, or wait until its lease has run out", wanted.Name, taken)
	}
	return nil
}
