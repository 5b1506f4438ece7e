// Package memservice is the contract in memory: a roster.Service over the real state
// machines, without Raft, network or disk. Tests of everything that stands on a
// Service use it, so that what they see is what a node would answer.
//
// A few shards share one lock; a command is applied where it is proposed. Feeds,
// cursors, sessions and their clock work as on a node; there is one member, and it
// leads everything.
//
// What the caller owes: Close, which ends the goroutine that ends sessions. The
// package contract beside this one holds the tests that every Service must pass.
package memservice
