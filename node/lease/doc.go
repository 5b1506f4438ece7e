// Package lease renews a node's lease in the system shard.
//
// Gossip may suspect a node; the lease running out, in log time, is what makes it
// down. A node whose renewals are not acknowledged knows it before the others do,
// because it counts from the sending of the last good one and with a margin.
//
// What the caller owes: run [Lease.Run] from the moment the node belongs to a cluster,
// and [Lease.Leaving] around the command that takes the node out.
package lease
