// Package archive takes a cut through all shards of a cluster while they work, and writes
// it as an archive (package backup).
//
// A cut is one moment of each shard, and of all shards the same cluster map:
//
//   - Of each shard it holds every write that was acknowledged before the cut began. The
//     shard's leader is asked for a read index, as for a linearizable read, and this
//     node's replica, once it has come that far, gives its state at next to no cost.
//   - The shards are cut within the same moments, not at one instant: of two writes in
//     two shards, the later may be in it without the earlier.
//   - What moves votes is paused meanwhile, as [Config].Hold does it, unless it was paused
//     before, which it then stays. Should the cluster map change all the same, the cut is
//     void: Conflict, before a byte is written.
//
// Writing comes after the cut: a slow reader holds nothing up but the memory of what
// changes meanwhile.
//
// What the caller owes: the functions of Config. One archive at a time is written.
package archive
