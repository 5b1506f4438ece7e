package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"roster"
	"roster/cmd/node/survey/sight"
)

// states are how the members stand in the eyes of the node that thinks worst of them.
func (o *Observed) states() map[roster.NodeID]roster.NodeState {
	bad := []roster.NodeState{roster.NodeAlive, roster.NodeSuspect, roster.NodeDown, roster.NodeLeft}
	out := make(map[roster.NodeID]roster.NodeState)
	for _, n := range o.Cluster.Answered() {
		for _, m := range n.Members {
			if slices.Index(bad, m.State) >= slices.Index(bad, out[m.ID]) {
				out[m.ID] = m.State
			}
		}
	}
	return out
}

// gone are the members that take part in nothing: those that are down, and those that
// neither answer here nor are heard by all. While the system shard has no quorum, nobody
// can call a node down.
func (o *Observed) gone() map[roster.NodeID]bool {
	out := make(map[roster.NodeID]bool)
	for id, state := range o.states() { // order-free: each is judged by itself
		out[id] = state == roster.NodeDown || state == roster.NodeSuspect && o.Cluster.Node(id) == nil
	}
	return out
}

// silent finds nodes that did not answer here, although they are not known to be down.
func silent(o *Observed) (out []Finding) {
	states, gone := o.states(), o.gone()
	for _, n := range o.Cluster.Nodes {
		switch state := states[n.ID]; {
		case n.Fault == "" || gone[n.ID]:
		case state == "":
			out = append(out, one(Error, "callers who know that address alone are cut off", "start the node there, or correct --addr", "nobody answers at %s: %s", n.Address, n.Fault)...)
		default:
			out = append(out, one(Warning, "the others hear it, so callers may be served; here it was not looked at",
				"ask where "+n.Address+" can be reached; else restart node "+n.Name(), "node %s does not answer here: %s", n.Name(), n.Fault)...)
		}
	}
	return out
}

func down(o *Observed) (out []Finding) {
	const mend = "start it again; if it is gone for good: roster nodes force-leave "
	states, gone := o.states(), o.gone()
	for _, id := range slices.Sorted(maps.Keys(states)) {
		switch {
		case states[id] == roster.NodeDown:
			out = append(out, one(Error, "where it votes, a second failure stops writes; others take over its votes after --replace-after, if there are any",
				mend+string(id), "node %s is down", id)...)
		case gone[id]:
			out = append(out, one(Error, "where it votes, a second failure stops writes", mend+string(id), "node %s neither answers nor is heard by all", id)...)
		case states[id] == roster.NodeSuspect:
			out = append(out, one(Warning, "it is taken for down in seconds, unless it is heard again", "look at its machine and at the network; roster members --watch", "node %s is not heard by all", id)...)
		}
	}
	return out
}

// clusters finds addresses of different clusters in one --addr.
func clusters(o *Observed) []Finding {
	if names := distinct(o, func(n *sight.Node) string { return n.Status.Cluster }); len(names) > 1 {
		return one(Error, "what follows mixes them", "name nodes of one cluster in --addr", "the addresses belong to different clusters: %s", told(names))
	}
	return nil
}

func versions(o *Observed) []Finding {
	if found := distinct(o, func(n *sight.Node) string { return n.Status.Version }); len(found) > 1 {
		return one(Warning, "a cluster is upgraded node by node, and does what all of them can", "finish the upgrade: restart the others with the newest build", "nodes run different versions: %s", told(found))
	}
	return nil
}

// expect finds nodes that want to see different numbers of members. Who came later wants 0.
func expect(o *Observed) []Finding {
	found := distinct(o, func(n *sight.Node) string {
		if n.Status.Expect == 0 {
			return ""
		}
		return fmt.Sprint(n.Status.Expect)
	})
	if len(found) > 1 {
		return one(Warning, "/readyz of one node is 503 while that of another is 200", "start all founders with the same --expect", "--expect differs: %s", told(found))
	}
	return nil
}

// mends says what helps where a check of readiness fails.
var mends = map[string]string{
	"cluster": "do what it waits for: start the others, or roster join; docs/operations.md, When it does not start",
	"members": "start the nodes that are missing, or restart this one with a smaller --expect",
	"map":     "roster shards: shard 0 needs a leader and, on this node, a replica that follows it",
	"disk":    "look at the disk below its data directory; on its machine: roster doctor --data-dir DIR",
	"lease":   "roster shards: shard 0 needs a leader that this node reaches",
	"storage": "free or replace the disk, then restart the node",
}

// ready finds nodes that say themselves that they make no progress. What other rules see
// better is left to them.
func ready(o *Observed) (out []Finding) {
	for _, n := range o.Cluster.Answered() {
		for _, check := range n.Checks {
			mend := mends[check.Name]
			switch {
			case check.OK || check.Name == "leaders" || check.Name == "replicas":
				continue
			case mend == "":
				mend = "roster status --addr " + n.Address
			}
			severity := Error
			if check.Name == "members" {
				severity = Warning
			}
			out = append(out, one(severity, "it answers 503 to /readyz, and load balancers leave it out", mend, "node %s is not ready: %s: %s", n.Name(), check.Name, check.Detail)...)
		}
	}
	return out
}

// durability finds clusters that keep nothing.
func durability(o *Observed) []Finding {
	for _, n := range o.Cluster.Answered() {
		if n.Status.Durability == roster.DurabilityNone {
			return one(Note, "a cluster that is stopped is empty", "found a new one with --durability sync, where that matters", "nothing is written to disk (durability none)")
		}
	}
	return nil
}

// untold notes what could not be looked at.
func untold(o *Observed) (out []Finding) {
	for _, n := range o.Cluster.Answered() {
		if len(n.Untold) == 0 {
			continue
		}
		mend := "roster --addr " + n.Address + " healthcheck"
		if strings.Contains(strings.Join(n.Untold, " "), "403") || strings.Contains(strings.Join(n.Untold, " "), "401") {
			mend = "show a token that may admin: --token-file FILE"
		}
		out = append(out, one(Note, "what was not seen was not judged", mend, "node %s did not tell %s", n.Name(), strings.Join(n.Untold, "; "))...)
	}
	return out
}

// distinct groups the nodes by what they say; "" is no word.
func distinct(o *Observed, of func(*sight.Node) string) map[string][]roster.NodeID {
	out := make(map[string][]roster.NodeID)
	for _, n := range o.Cluster.Answered() {
		if word := of(n); word != "" {
			out[word] = append(out[word], n.ID)
		}
	}
	return out
}

// told says who says what.
func told(words map[string][]roster.NodeID) string {
	var out []string
	for _, word := range slices.Sorted(maps.Keys(words)) {
		out = append(out, fmt.Sprintf("%s (%s)", word, joined(words[word])))
	}
	return strings.Join(out, ", ")
}
