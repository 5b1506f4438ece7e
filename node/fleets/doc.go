// Package fleets puts together what a node does about fleets: it answers what is asked of
// them, runs the members that are here (package node/hosting), tells others what it has room
// for (package node/loads) and, for each shard that it leads, places members (package
// node/placer).
//
// What the caller owes: [Runner.Lead] while the node leads a shard, [Runner.Run] while it
// belongs to a cluster, [Runner.Close], and the methods of other nodes ([Methods]) handed to
// [Runner.Serve].
package fleets
