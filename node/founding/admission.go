package founding

import (
	"context"
	"encoding/json"

	"roster"
)

// Hello is what a node says of itself to any node with the cluster's key.
type Hello struct {
	Node      roster.NodeID `json:"node"`
	ClusterID string        `json:"cluster_id"` // "" until it belongs to a cluster
}

// Admission is a node's wish to enter a cluster: the body of MethodAdmit.
type Admission struct {
	Node       roster.NodeInfo   `json:"node"`
	Durability roster.Durability `json:"durability"`
	Level      int               `json:"level,omitempty"` // of commands, that it can apply; 0 is 1
}

// Entry is the answer to an Admission.
type Entry struct {
	ClusterID string `json:"cluster_id"`
	Shards    int    `json:"shards"`
}

func (f *Founder) serveHello() ([]byte, error) {
	id := f.Look()
	return json.Marshal(Hello{Node: id.NodeID, ClusterID: id.ClusterID})
}

// seekAdmission asks each member that belongs to a cluster to be let in. A node
// that has promised itself may only enter the cluster it promised itself to.
func (f *Founder) seekAdmission(ctx context.Context, members []roster.NodeID) (bool, error) {
	id := f.Look()
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
func (f *Founder) letGo(p *Proposal) error {
	return f.Change(func(id *Identity) error {
		if id.Promise.same(p) {
			id.Promise = nil
		}
		return nil
	})
}

func (f *Founder) greet(ctx context.Context, member roster.NodeID) (Hello, error) {
	ctx, cancel := context.WithTimeout(ctx, proposeWithin)
	defer cancel()
	answer, err := f.config.Call(ctx, member, MethodHello, nil)
	if err != nil {
		return Hello{}, err
	}
	return unmarshal[Hello](answer)
}

func (f *Founder) enter(ctx context.Context, member roster.NodeID) (Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, roster.RequestDeadline)
	defer cancel()
	body, err := json.Marshal(Admission{Node: f.config.Self(), Durability: f.config.Durability, Level: f.config.Level})
	if err != nil {
		return Entry{}, err
	}
	answer, err := f.config.Call(ctx, member, MethodAdmit, body)
	if err != nil {
		return Entry{}, &roster.Error{Code: roster.CodeOf(err), Detail: "the cluster does not admit this node", Cause: err}
	}
	return unmarshal[Entry](answer)
}

// entered makes the cluster this node's own. A promise given meanwhile goes first:
// whoever is counted on as a founder begins as one.
func (f *Founder) entered(by roster.NodeID, e Entry) error {
	f.config.Logger.Info("admitted to the cluster", "by", by, "cluster_id", e.ClusterID)
	return f.Change(func(id *Identity) error {
		switch {
		case id.ClusterID != "":
		case id.Promise == nil:
			id.ClusterID, id.Shards = e.ClusterID, e.Shards
		case id.Promise.ClusterID == e.ClusterID:
			id.begin(id.Promise)
		}
		return nil
	})
}
