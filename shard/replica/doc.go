// Package replica is the machine of one shard as Raft and its readers see it.
//
// A [Replica] is a raft.FSM: it decodes entries, applies them to a [Machine] and
// keeps the writer out while somebody looks at a view. A panic, or an entry that
// cannot be read, stops the machine and nothing else: it applies nothing more and
// gives no snapshot, while what it has can still be read.
//
// [Replica.Feed] yields what happened, from a buffer of the latest events. A reader
// that falls behind what is kept, or whose replica was restored from a snapshot, is
// Gone. [Freshness] computes how old a replica is that does not lead, and [Bell]
// wakes those who wait for any of this to change.
//
// What the caller owes: Apply, ApplyBatch, Snapshot and Restore from one goroutine,
// as Raft does; functions given to View that are quick.
package replica
