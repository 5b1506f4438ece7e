// Package measure loads one system at a time and says what came of it: the rows of the
// table, each of which is the same for every system.
//
// Loads come from package loadgen: closed loops for throughput and latency, open ones
// for bursts and fail-over. CPU time is read from the kernel around each load, its
// warm-up included, and divided by all operations that ran in that time.
//
// What the caller owes: a system that is started, and records loaded by [Bench.Fill]
// before anything else is measured.
package measure
