// Package placer has the leader of a shard place the members of the shard's fleets: those
// that wait for a node, those whose node is down, those whose node is drained, and those
// that an older spec placed.
//
// Each round reads what is from this node's replicas, asks nodes what they have room for,
// has package placement plan, and proposes what comes out. Nothing is remembered between
// rounds: whoever leads next goes on from what is in the log. Two plans of one moment do not
// harm: a Place names the epoch that it replaces.
//
//	events, nodes, time ──▶ round: look ──▶ placement.Plan ──▶ Place, Recall
//
// What the caller owes: run it while the node leads the shard, and no longer.
package placer
