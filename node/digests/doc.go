// Package digests compares a node's replicas with those of the nodes that vote.
//
// Every few seconds, where something new was applied, it asks the voters of each shard
// for the digests of theirs. A replica that differs from a majority of equal ones is put
// in quarantine: it is wrong, shows nothing and decides nothing more. Where replicas differ
// and no majority is equal, each of them stops to apply, so that the shard can be read and
// not written until somebody has looked at it.
//
// What the caller owes: to run [Digests.Run] while the groups are open, and to answer
// [digest.MethodWindows] with [Digests.Serve].
package digests
