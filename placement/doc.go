// Package placement decides which agent runs on which node, and says why. It is pure.
//
//	World ── Plan ───────▶ a Decision for each agent that has no node: filter, score, choose
//	World ── Rebalance ──▶ a few moves from full nodes to empty ones, and off draining ones
//	World ── Explain ────▶ for one agent, what speaks for and against every node
//
// A node is refused for the first of the reasons of [Why] that applies, in their order:
// what it is, what the agent asks of it ([Where]), what there is room for, and how
// busy it is: at [BusyMax] and beyond it gets nothing new, and agents wait, unless they ran
// before. Of the others a
// [Policy] gives each node points, wishes of the agent add to them, and nodes below
// [BusyGood] come before all others. Equals are told apart by a hash of seed, agent and
// node, so the same world gives the same plan everywhere, and planners of several shards
// do not all choose the same node.
//
// Agents are placed by priority and then by id, each on top of those before it, so that
// constraints within a fleet hold for the whole plan. Optimal for a batch as a whole is
// [roster/placement/assign]; one by one moves less and explains itself.
//
// What the caller owes: the members of a fleet that share rules share one *[Need]; a World
// that holds every agent of a fleet or none; and to ask the node, which has the last word
// on its room.
package placement
