// Package readiness judges whether a node makes progress, and says so with figures.
//
// [Checks] turns what a node sees of itself into a list, a line a check; [Collector] shows
// the same to Prometheus. What is measured is what has been done of late, and not whether a
// loop is alive: how long ago the map was read, the lease renewed, a replica up to date, and
// for how long a write to the log has been under way.
//
// What the caller owes: [Facts] that were gathered without waiting for anything.
package readiness
