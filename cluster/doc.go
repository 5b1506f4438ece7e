// Package cluster keeps the list of nodes by gossip: who is there, at which address,
// who is suspected, who fell silent and who left.
//
// Gossip is a hint. It finds nodes and wakes those who decide; that a node is down
// is decided by the system shard's log, never here.
//
// The package drives hashicorp/memberlist over sockets that it is given, always
// encrypted with the cluster key, and mends what that library leaves open: halves of
// a cluster that was split for long find each other again (a loop joins all seeds
// and all members that are known but not alive), a departure is told from a failure,
// a second node under the same id or name is noticed, and no event ever blocks the
// library.
//
// What the caller owes: Packets and Streams belong to the Cluster from Open on and
// are closed by Close. Values returned are copies. [Cluster.Conflict] is read while
// the node starts; a node that already serves should only report it. After Close the
// library may finish one probe and its timers on its own, within a minute: a
// testing/synctest bubble has to sleep that long before it ends.
package cluster
