package sight

import (
	"cmp"
	"slices"
	"time"

	"roster"
	"roster/cmd/node/survey/scrape"
)

// Cluster is what all nodes said. The zero value is a cluster of which nobody answered.
type Cluster struct {
	// Members is the answer of the first node that gave one.
	Members []roster.Member
	// Nodes are those that were asked, by id, whether they answered or not.
	Nodes []Node
}

// Node is what one node said of itself.
type Node struct {
	ID      roster.NodeID // "" while it never said
	Address string        // where it was asked
	Fault   string        // why it did not answer; "": it did
	Status  roster.NodeStatus
	Members []roster.Member
	Shards  []roster.ShardStatus
	Checks  []roster.Check
	// Plan and Metrics are nil where they were not told, which Untold explains.
	Plan    *roster.MovePlan
	Metrics *scrape.Metrics
	Untold  []string
	// Clock is how far its clock is ahead of the asker's, within ClockError; the second is
	// 0 where that is not known.
	Clock, ClockError time.Duration
	// Certificate is when the certificate ends that its HTTP port shows; zero: none.
	Certificate time.Time
}

// Name is what people call the node.
func (n *Node) Name() string { return cmp.Or(string(n.ID), n.Address) }

// Answered lists the nodes that did.
func (c *Cluster) Answered() []*Node {
	var out []*Node
	for i := range c.Nodes {
		if c.Nodes[i].Fault == "" {
			out = append(out, &c.Nodes[i])
		}
	}
	return out
}

// Node returns what a node said, or nil where it did not answer.
func (c *Cluster) Node(id roster.NodeID) *Node {
	for _, n := range c.Answered() {
		if n.ID == id {
			return n
		}
	}
	return nil
}

// Shards merges what the nodes say of each shard: of two the later term counts, then the
// later index.
func (c *Cluster) Shards() []roster.ShardStatus {
	newest := make(map[roster.ShardID]roster.ShardStatus)
	for _, n := range c.Answered() {
		for _, s := range n.Shards {
			if known, ok := newest[s.ID]; !ok || later(s, known) {
				newest[s.ID] = s
			}
		}
	}
	out := make([]roster.ShardStatus, 0, len(newest))
	for _, s := range newest { // order-free: it is sorted
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b roster.ShardStatus) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

func later(a, b roster.ShardStatus) bool {
	return cmp.Or(cmp.Compare(a.Term, b.Term), cmp.Compare(len(a.Leader), 0)-cmp.Compare(len(b.Leader), 0), cmp.Compare(a.Index, b.Index)) > 0
}

// Plan returns the plan of the first node that told one, or nil.
func (c *Cluster) Plan() *roster.MovePlan {
	for _, n := range c.Answered() {
		if n.Plan != nil {
			return n.Plan
		}
	}
	return nil
}

// Oldest returns the replica of a node that was longest not up to date, and how many are
// older than a bound.
func (n *Node) Oldest(bound time.Duration) (worst roster.ShardStatus, late int) {
	for _, s := range n.Shards {
		if s.AgeMS > worst.AgeMS {
			worst = s
		}
		if s.AgeMS > bound.Milliseconds() {
			late++
		}
	}
	return worst, late
}
