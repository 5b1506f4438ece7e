// Package lookup looks agents up by their ids: in this node's replica of their shard, or,
// where it has none, at a node that does.
//
// A batch asks other nodes about all shards that are not here at the same time, and each
// shard once.
//
// What the caller owes: nothing but [Lookups] with all fields set.
package lookup
