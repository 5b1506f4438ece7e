// Package seed makes the data directory of the first node of a new cluster, out of the
// states that the shards of another one have had: those of an archive ([Restore]), or those
// at the ends of the logs that are left of it ([Recover]).
//
//	archive ─────────┐
//	                 ├─▶ one state a shard ─▶ lifted ─▶ a new directory, one voter
//	data directories ┘
//
// The cluster is a new one, so that no node of the old one, nor any client's position in
// it, can be taken for one of its own:
//
//   - Nodes of the old cluster that come back are not met: the new one has another name, or
//     another key.
//   - Every counter is lifted to the next multiple of 2^40 (fsm.Machine.Lift): epochs and
//     revisions of the old life are old, and its cursors and tokens lie before what is
//     kept, so that watchers list again.
//   - Sessions have ended; nodes have left; nothing is draining or paused.
//
// The directory appears by one rename when all of it is on the disk. Nothing else is
// changed: archives are read, and data directories are opened as a start of their node
// would, which cuts off at most what was torn when it stopped.
//
// What the caller owes: to start the node, and others from empty directories, which get
// their votes as any newcomers; and to keep the old cluster's nodes from clients, which
// would find two rolls under one name.
package seed
