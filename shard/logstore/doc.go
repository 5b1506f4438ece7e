// Package logstore keeps the Raft log and the Raft vote of one shard.
//
// [Open] returns a [Store] of one [Kind]: [Bolt] keeps one file for a shard and
// has synced every write before it returns; [Memory] forgets everything with the
// process. Both pass the same conformance suite, so the shard does not care which
// it got.
//
// [Watch] wraps a store with what every kind needs and none has: a checksum over
// each entry, made before it is stored and verified when it is read; a clock on
// the write that is under way, so that a hung disk is seen from outside; and
// fail-stop. The first error of the disk is final: it is reported once, and every
// later call fails without touching the store again, because after a failed sync
// nobody knows what the disk holds.
//
// What the caller owes: one writer at a time for the log, as Raft has; Close, when
// nobody uses the store any more; and a directory that no other process uses
// (otherwise [ErrInUse]).
package logstore
