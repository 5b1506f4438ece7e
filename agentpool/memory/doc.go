// Package memory decides what is done about memory: of an agent that takes more than it
// may, and of a node that runs short. It is pure: figures in, steps with reasons out.
//
//	Judge(used, limit) ──▶ Fine, Soft: ask it for less, Hard: end it
//	State.Next(now, Node, Rules) ──▶ Collect, Ask … ──▶ Stop … ──▶ calm again
//
// A node is short from the moment that it has taken Rules.High of its memory until it is
// down to Rules.Low. First memory is reclaimed: the node's own garbage, and what agents can
// do without that are above their soft limits. What that did not bring within
// Rules.Patience, the end of agents does: those that can run elsewhere, of the lowest
// priority first, of those the oldest; only as many as are needed, and a few at a time.
// Agents that are never run again are ended only when no other is left.
//
// What the caller owes: figures that are not older than the steps before.
package memory
