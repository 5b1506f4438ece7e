package cluster

import (
	"fmt"
	"time"

	"github.com/hashicorp/memberlist"

	"roster"
)

// delegate hears memberlist. Most of its methods run under memberlist's lock: they
// copy what they need out of the *Node, whose fields change later without notice,
// and return at once.
type delegate struct{ c *Cluster }

var (
	_ memberlist.Delegate         = delegate{}
	_ memberlist.EventDelegate    = delegate{}
	_ memberlist.AliveDelegate    = delegate{}
	_ memberlist.MergeDelegate    = delegate{}
	_ memberlist.ConflictDelegate = delegate{}
	_ memberlist.PingDelegate     = delegate{}
)

// NodeMeta implements memberlist.Delegate. Open has checked the size.
func (d delegate) NodeMeta(int) []byte {
	meta := d.c.config.Meta
	meta.ClusterID = d.c.clusterID()
	return meta.encode(d.c.leaving.Load())
}

// NotifyMsg implements memberlist.Delegate: there are no messages of our own.
func (delegate) NotifyMsg([]byte) {}

// GetBroadcasts implements memberlist.Delegate.
func (delegate) GetBroadcasts(int, int) [][]byte { return nil }

// LocalState implements memberlist.Delegate.
func (delegate) LocalState(bool) []byte { return nil }

// MergeRemoteState implements memberlist.Delegate.
func (delegate) MergeRemoteState([]byte, bool) {}

// NotifyJoin implements memberlist.EventDelegate.
func (d delegate) NotifyJoin(n *memberlist.Node) { d.enter(n) }

// NotifyUpdate implements memberlist.EventDelegate.
func (d delegate) NotifyUpdate(n *memberlist.Node) { d.enter(n) }

func (d delegate) enter(n *memberlist.Node) {
	meta, leaving, err := decodeMeta(n.Meta)
	if err != nil {
		return // NotifyAlive has refused it before
	}
	d.c.roll.enter(roster.NodeID(n.Name), meta, leaving, n.Address())
}

// NotifyLeave implements memberlist.EventDelegate. The node's State field is never
// set here, which is why departures are announced in Meta.
func (d delegate) NotifyLeave(n *memberlist.Node) { d.c.roll.exit(roster.NodeID(n.Name)) }

// NotifyAlive implements memberlist.AliveDelegate: it refuses nodes whose Meta
// cannot be read, nodes of another cluster and nodes that carry the name of another live
// member.
func (d delegate) NotifyAlive(n *memberlist.Node) error {
	leaving, err := d.check(n)
	if err != nil {
		d.c.metrics.refused.Inc()
		return err
	}
	id := roster.NodeID(n.Name)
	if leaving {
		d.c.roll.goodbye(id)
	}
	d.c.roll.heard(id)
	return nil
}

// NotifyMerge implements memberlist.MergeDelegate: the state of a peer is refused
// when it holds no live member that could be admitted, as when a lone node comes
// with a name that is taken. One bad member among good ones keeps nobody out:
// NotifyAlive refuses that one alone.
func (d delegate) NotifyMerge(peers []*memberlist.Node) error {
	var refusal error
	for _, n := range peers {
		if n.State != memberlist.StateAlive {
			continue
		}
		_, err := d.check(n)
		if err == nil {
			return nil
		}
		refusal = err
	}
	if refusal != nil {
		d.c.metrics.refused.Inc()
	}
	return refusal
}

// check reads a node's Meta and looks whether it is of this cluster and its name is free. A
// member that turns out to be of another cluster, as a newcomer may that has met both, is
// none any more.
func (d delegate) check(n *memberlist.Node) (leaving bool, err error) {
	meta, leaving, err := decodeMeta(n.Meta)
	if err != nil {
		return false, fmt.Errorf("node %q at %s: %w", n.Name, n.Address(), err)
	}
	if own := d.c.clusterID(); own != "" && meta.ClusterID != "" && meta.ClusterID != own {
		d.c.roll.strike(roster.NodeID(n.Name))
		return false, roster.Errorf(roster.CodeConflict, "node %q at %s belongs to the cluster with id %s, and this node to that with id %s: two clusters have one name and one key",
			n.Name, n.Address(), meta.ClusterID, own)
	}
	holder, ok := d.c.roll.admit(roster.NodeID(n.Name), meta.Name)
	switch {
	case ok:
		return leaving, nil
	case holder == nil:
		return false, roster.Errorf(roster.CodeOverloaded, "node %q at %s: there are %d members already", n.Name, n.Address(), LiveMax)
	case holder.ID == d.c.config.ID:
		d.c.suspectTwin(roster.NodeID(n.Name), meta.Name, n.Address())
	}
	return false, roster.Errorf(roster.CodeConflict, "node %q at %s carries the name %q of live node %q at %s",
		n.Name, n.Address(), meta.Name, holder.ID, holder.Address)
}

// NotifyConflict implements memberlist.ConflictDelegate: a node id at two addresses.
func (d delegate) NotifyConflict(existing, other *memberlist.Node) {
	d.c.metrics.refused.Inc()
	id := roster.NodeID(existing.Name)
	if id == d.c.config.ID {
		d.c.suspectTwin(id, d.c.config.Meta.Name, other.Address())
		return
	}
	d.c.suspectMove(id, other.Address())
}

// NotifyPingComplete implements memberlist.PingDelegate.
func (d delegate) NotifyPingComplete(n *memberlist.Node, _ time.Duration, _ []byte) {
	d.c.roll.heard(roster.NodeID(n.Name))
}

// AckPayload implements memberlist.PingDelegate.
func (delegate) AckPayload() []byte { return nil }
