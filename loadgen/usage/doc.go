// Package usage watches what nodes spend while a load runs: CPU, memory and garbage
// collection, read from each node's /metrics once a second, and what that comes to for
// one operation.
//
// Nodes that share a process, as those of "roster dev" do, are found by its start and
// its last collection, and counted once. A node that starts again while it is watched
// begins its counters anew; what it spent in both lives is added up.
//
// [GrowthOf] is the leak check: a robust line through the live heap over operations,
// with an interval of confidence, from figures alone.
//
// What the caller owes: a context that ends for [Probe.Run], and figures of operations
// from the same span of time.
package usage
