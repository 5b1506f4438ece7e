// Package assign gives rows to columns at the least cost: agents to nodes, tasks to
// agents. It is pure, exact and deterministic.
//
//	costs, room ── Solve ──▶ a column for each row, the sum of their costs
//
// A column takes as many rows as it has room for; with room 1 everywhere this is the
// linear assignment problem, in general the transportation problem with a supply of one a
// row. [Solve] finds shortest augmenting paths over reduced costs, one row after the other
// (Kuhn 1955, Tomizawa 1971, Jonker and Volgenant 1987): rows·rows·columns steps at most,
// and few of them where rows want different columns.
//
// Rows come in the order of their precedence. One that finds no room is left out, and would
// have been left out as well had it asked later; those before it keep a place, though not
// always the same one. So the cost is the least for the rows that are in.
//
// What the caller owes: at most [CellsMax] costs, each at most [CostMax] from zero, or
// [Forbidden]. The answer is the best for the moment that the costs describe, which for
// agents on nodes is a yardstick and a mode for batches: placing one by one moves less.
package assign
