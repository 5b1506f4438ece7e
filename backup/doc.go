// Package backup is the format of an archive that holds the state of every shard, and
// knows when one was changed or cut off.
//
// An archive is a tar file:
//
//	shards/0.state …   the state of each shard, as a sealed stream of package fsm
//	manifest.json      [Manifest]: what the archive holds, with a digest of each state
//	sha256             the digest of every byte before it
//
// [Write] makes one of the states of a cut, in one pass over a connection and without
// holding it in memory. [Read] takes none that is not exactly what Write wrote: the last
// entry follows from the digest byte by byte, so that any other bit anywhere, and any end
// but the right one, is refused before something is read out of it.
//
// What the caller owes: states that write the same bytes twice, because a tar file says
// the length of an entry before it; and to keep archives from readers, who find in them
// what the cluster knows (of secrets and tokens, the hashes).
package backup
