// Package node assembles a Roster node: it joins the gossip, founds or enters a
// cluster, opens a replica of every shard and answers as a [roster.Service].
//
// It is the one package that sees all the rooms, and it decides as little as it
// can. What is promised is decided in the pure packages; what is here is wiring,
// routing and short loops:
//
//   - router.go sends a command to the leader of its shard, wherever that is;
//   - registry.go and find.go answer reads from local replicas;
//   - watch.go merges the feeds of all shards into one stream;
//   - founding.go decides once, with promises on disk, who begins a cluster;
//   - keeper.go, on the leader of a shard, counts the TTL of its sessions;
//   - package lease renews this node's own lease in the system shard;
//   - package steering, on the leaders, moves votes to where the cluster map wants them.
//
// What the caller owes: one Open per data directory, and a Close. Open returns as
// soon as the node gossips; until it has met its cluster every call answers
// Unavailable, and [Node.Ready] says what is missing. A node that stops by itself
// (it left, or its disk failed) closes [Node.Done] and says why in [Node.Err].
package node
