package fsm

import (
	"cmp"
	"slices"

	"github.com/tidwall/btree"

	"roster"
	"roster/fsm/aging"
	"roster/fsm/codec"
)

// NodesMax bounds the nodes that the system shard knows.
const NodesMax = roster.NodesMax

// nodes is the system shard's section: who belongs to the cluster, and its map.
type nodes struct {
	byID  *btree.Map[roster.NodeID, roster.NodeInfo]
	order aging.Order[roster.NodeID] // leases of the living; when the left are forgotten
	chart *roster.ClusterMap         // nil: none yet
}

func newNodes() nodes {
	return nodes{byID: btree.NewMap[roster.NodeID, roster.NodeInfo](0), order: aging.New[roster.NodeID]()}
}

// ends returns when something happens to a node by itself: 0 for one that is down,
// which waits for an operator.
func ends(n roster.NodeInfo) roster.LogTime {
	switch n.State {
	case roster.NodeAlive:
		return n.Lease
	case roster.NodeLeft:
		return n.Lease + roster.EndedKeep
	}
	return 0
}

func (t *nodes) set(n roster.NodeInfo) {
	if old, ok := t.byID.Set(n.ID, n); ok && ends(old) != 0 {
		t.order.Drop(n.ID, ends(old))
	}
	if ends(n) != 0 {
		t.order.Set(n.ID, ends(n))
	}
}

// node returns what is known of a node; a lease that is over is over, swept or not.
func (m *Machine) node(id roster.NodeID) (roster.NodeInfo, bool) {
	n, ok := m.nodes.byID.Get(id)
	if ok && n.State == roster.NodeAlive && n.Lease <= m.now {
		n.State = roster.NodeDown
	}
	return n, ok
}

// system refuses a command that belongs to the system shard alone.
func (m *Machine) system() error {
	if m.shard != roster.SystemShard {
		return roster.Invalid("", "shard %d keeps no nodes: that is for the system shard", m.shard)
	}
	return nil
}

// joinNode enters a node and gives it a lease.
func (m *Machine) joinNode(c roster.JoinNode) error {
	n := c.Node
	if err := cmp.Or(m.system(), roster.ValidateNodeLabels(n.Labels)); err != nil {
		return err
	}
	if slices.Contains(m.nodes.clusterMap().Pruned, n.ID) {
		return refuse(roster.CodeGone, "node %q was taken out of the cluster for good: start with an empty data directory", n.ID)
	}
	if n.ID == "" || max(len(n.ID), len(n.Name), len(n.Address), len(n.HTTP), len(n.Version)) > roster.NodeTextMax {
		return roster.Invalid("node", "a node wants an id, and no text longer than %d bytes", roster.NodeTextMax)
	}
	old, known := m.node(n.ID)
	if !known && m.nodes.byID.Len() >= NodesMax {
		return overloaded("the cluster knows %d nodes", NodesMax)
	}
	n.State, n.Lease = roster.NodeAlive, m.now+roster.NodeLease
	m.sweep(n.ID)
	m.nodes.set(n)
	if !known || old.State != roster.NodeAlive {
		m.emit(roster.Event{Type: roster.EventNodeUp, Node: n.ID})
	}
	return nil
}

// sweep lets a lease that is over run out now, before what comes next is said of its
// node: whoever follows the events sees it go down before it is up again.
func (m *Machine) sweep(id roster.NodeID) {
	stored, _ := m.nodes.byID.Get(id)
	if n, ok := m.node(id); ok && n.State == roster.NodeDown && stored.State == roster.NodeAlive {
		m.nodes.set(n)
		m.emit(roster.Event{Type: roster.EventNodeDown, Node: id})
	}
}

// renewNode renews a lease. A node that lost it must join again, so that it learns
// what became of it.
func (m *Machine) renewNode(c roster.RenewNode) error {
	if err := m.system(); err != nil {
		return err
	}
	m.sweep(c.ID)
	n, ok := m.node(c.ID)
	if !ok || n.State != roster.NodeAlive {
		return refuse(roster.CodeNotFound, "node %q holds no lease: it must join again", c.ID)
	}
	n.Lease = m.now + roster.NodeLease
	m.nodes.set(n)
	return nil
}

// leaveNode notes that a node is gone by plan.
func (m *Machine) leaveNode(c roster.LeaveNode) error {
	if err := m.system(); err != nil {
		return err
	}
	m.sweep(c.ID)
	n, ok := m.node(c.ID)
	switch {
	case !ok:
		return refuse(roster.CodeNotFound, "node %q is not known", c.ID)
	case n.State == roster.NodeLeft:
		return nil
	}
	n.State, n.Lease = roster.NodeLeft, m.now
	m.nodes.set(n)
	m.emit(roster.Event{Type: roster.EventNodeLeft, Node: c.ID})
	return nil
}

// expireNode lets the next lease run out, or forgets the next node that left.
func (m *Machine) expireNode() bool {
	id, ok := m.nodes.order.Due(m.now)
	if !ok {
		return false
	}
	n, _ := m.nodes.byID.Get(id)
	if n.State == roster.NodeLeft {
		m.nodes.byID.Delete(id)
		return true
	}
	n.State = roster.NodeDown
	m.nodes.byID.Set(id, n)
	m.emit(roster.Event{Type: roster.EventNodeDown, Node: id})
	return true
}

func (t *nodes) tag() uint64 { return tagNodes }

func (t *nodes) export(in func(roster.Key) bool, put func(func(*codec.Writer))) {
	if !in(roster.SystemKey) {
		return
	}
	t.byID.Scan(func(_ roster.NodeID, n roster.NodeInfo) bool {
		put(func(w *codec.Writer) { w.Node(n) })
		return true
	})
}

func (t *nodes) load(r *codec.Reader) {
	n := r.Node()
	if _, twice := t.byID.Get(n.ID); twice {
		r.Fail("node %s is there twice", n.ID)
		return
	}
	t.set(n)
}
