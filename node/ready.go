package node

import (
	"cmp"
	"context"
	"slices"
	"time"

	"roster"
	"roster/dht/moves"
	"roster/fsm"
	"roster/node/readiness"
)

// Ready lists what must hold before this node serves.
func (n *Node) Ready(context.Context) ([]roster.Check, error) {
	facts := n.facts()
	if !n.config.Auth && n.givesTokens() {
		facts.Doors += "; OPEN: the cluster has access tokens, and this node asks for none"
	}
	return readiness.Checks(facts), nil
}

// facts is what this node sees of itself.
func (n *Node) facts() readiness.Facts {
	f := readiness.Facts{Identity: n.founder.Look(), Refusal: n.gossip.Refusal(), Expect: n.config.Expect, Alive: len(n.aliveIDs()),
		MapAge: -1, LeaseAge: n.lease.Since(), Faults: n.faultTexts(), Doors: cmp.Or(n.config.Doors, "loopback only")}
	f.Replicas, f.Missing = n.replicaFacts(f.Identity.Shards)
	if m := n.router.Map(); m != nil {
		f.Map, f.Draining, f.Paused = m.Version, slices.Contains(m.Draining, n.ID()), m.Paused
	}
	if looked := n.looked.Load(); looked != 0 {
		f.MapAge = n.lease.Age() - time.Duration(looked)
	}
	return f
}

// replicaFacts looks at the shards that this node should hold; before it has a map, at those
// that it holds.
func (n *Node) replicaFacts(shards int) (held []readiness.Replica, missing []roster.ShardID) {
	m := n.router.Map()
	for id := range roster.ShardID(shards + 1) {
		g, open := n.router.Held(id)
		switch {
		case m != nil && !moves.Wanted(*m, id, n.ID()):
		case open:
			s := g.Status()
			votes := slices.Contains(s.Voters, n.ID())
			held = append(held, readiness.Replica{Shard: id, Leader: s.Leader, Placed: votes || slices.Contains(s.Readers, n.ID()), Voter: votes,
				Age: time.Duration(s.AgeMS) * time.Millisecond, Stalled: g.Stalled()})
		default:
			missing = append(missing, id)
		}
	}
	return held, missing
}

// faultTexts says which replicas have stopped, and why.
func (n *Node) faultTexts() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	failed := make([]string, 0, len(n.mu.faults))
	for id, err := range n.mu.faults {
		failed = append(failed, id.String()+": "+err.Error())
	}
	slices.Sort(failed)
	return failed
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

// measure shows the facts to Prometheus until the node is closed.
func (n *Node) measure() error {
	if n.config.Metrics == nil {
		return nil
	}
	collector := readiness.NewCollector(n.facts)
	if err := n.config.Metrics.Register(collector); err != nil {
		return err
	}
	n.stack.Push("readiness metrics", func(context.Context) error {
		n.config.Metrics.Unregister(collector)
		return nil
	})
	return nil
}
