package node

import (
	"context"
	"encoding/json"

	"roster"
	"roster/fsm"
)

// hello is what a node says of itself to any node with the cluster's key.
type hello struct {
	Node      roster.NodeID `json:"node"`
	ClusterID string        `json:"cluster_id"` // "" until it belongs to a cluster
}

// admission is a node's wish to enter, and entry the answer.
type admission struct {
	Node       roster.NodeInfo   `json:"node"`
	Durability roster.Durability `json:"durability"`
}

type entry struct {
	ClusterID string `json:"cluster_id"`
	Shards    int    `json:"shards"`
}

func (n *Node) serveHello() ([]byte, error) {
	id := n.founder.look()
	return json.Marshal(hello{id.NodeID, id.ClusterID})
}

// serveAdmit enters another node in the system shard, so that shard leaders make it
// a reader.
func (n *Node) serveAdmit(ctx context.Context, body []byte) ([]byte, error) {
	a, err := unmarshal[admission](body)
	if err != nil {
		return nil, err
	}
	id := n.founder.look()
	switch {
	case id.ClusterID == "":
		return nil, errNoCluster
	case a.Durability != id.Durability:
		return nil, roster.Errorf(roster.CodeConflict, "the cluster keeps durability %s; start the node with that", id.Durability)
	}
	if err := n.nameIsFree(a.Node); err != nil {
		return nil, err
	}
	if _, err := n.router.proposeOwn(ctx, roster.SystemShard, roster.JoinNode{Node: a.Node}); err != nil {
		return nil, err
	}
	return json.Marshal(entry{id.ClusterID, id.Shards})
}

// nameIsFree refuses a second live node of one name.
func (n *Node) nameIsFree(wanted roster.NodeInfo) error {
	g, err := n.router.group(roster.SystemShard)
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

// seekAdmission asks each member that belongs to a cluster to be let in. A node
// that has promised itself may only enter the cluster it promised itself to.
func (f *founder) seekAdmission(ctx context.Context, members []roster.NodeID) (bool, error) {
	id := f.look()
	for _, member := range members {
		if member == id.NodeID {
			continue
		}
		met, err := f.greet(ctx, member)
		if err != nil || met.ClusterID == "" {
			continue
		}
		switch {
		case id.Promise == nil:
		case id.Promise.ClusterID == met.ClusterID:
			return true, f.found(id.Promise)
		case id.Promise.Proposer == member:
			return false, f.letGo(id.Promise) // the proposer itself went elsewhere
		default:
			continue
		}
		e, err := f.enter(ctx, member)
		switch roster.CodeOf(err) {
		case "":
			return true, f.entered(member, e)
		case roster.CodeConflict:
			return false, err
		}
	}
	return false, nil
}

// letGo ends a promise on its proposer's own word.
func (f *founder) letGo(p *proposal) error {
	return f.change(func(id *identity) error {
		if id.Promise.same(p) {
			id.Promise = nil
		}
		return nil
	})
}

func (f *founder) greet(ctx context.Context, member roster.NodeID) (hello, error) {
	ctx, cancel := context.WithTimeout(ctx, proposeWithin)
	defer cancel()
	answer, err := f.call(ctx, member, methodHello, nil)
	if err != nil {
		return hello{}, err
	}
	return unmarshal[hello](answer)
}

func (f *founder) enter(ctx context.Context, member roster.NodeID) (entry, error) {
	ctx, cancel := context.WithTimeout(ctx, roster.RequestDeadline)
	defer cancel()
	body, err := json.Marshal(admission{Node: f.self(), Durability: f.config.Durability})
	if err != nil {
		return entry{}, err
	}
	answer, err := f.call(ctx, member, methodAdmit, body)
	if err != nil {
		return entry{}, &roster.Error{Code: roster.CodeOf(err), Detail: "the cluster does not admit this node", Cause: err}
	}
	return unmarshal[entry](answer)
}

// entered makes the cluster this node's own.
func (f *founder) entered(by roster.NodeID, e entry) error {
	f.log.Info("admitted to the cluster", "by", by, "cluster_id", e.ClusterID)
	return f.change(func(id *identity) error {
		id.ClusterID, id.Shards = e.ClusterID, e.Shards
		return nil
	})
}

// self is what this node enters in the system shard.
func (f *founder) self() roster.NodeInfo {
	return roster.NodeInfo{ID: f.identity.NodeID, Name: f.config.Name, Address: f.config.Advertise,
		HTTP: f.config.HTTP, Version: f.config.Version}
}
