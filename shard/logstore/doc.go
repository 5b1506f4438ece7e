// Package logstore keeps the Raft log, the Raft vote and the snapshots of one shard.
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
// [FailStop] is how Raft gets at a watched store: an error ends the goroutine of Raft
// that met it, instead of the process. [Snapshots] shows Raft the newest snapshot only,
// so that a node whose newest snapshot is damaged never quietly starts from an older
// one.
//
// What the caller owes: one writer at a time for the log, as Raft has; Close, when
// nobody uses the store any more; and a directory that no other process uses
// (otherwise [ErrInUse]).
package logstore
