// Package stores knows where each shard of a node keeps its log.
//
// A shard begins in the store that the node was told to use, and stays there: the file
// shards/<id>/store says which one that is. So a node that is started with another
// choice finds its old logs, and a shard whose log is gone is noticed.
//
// What the caller owes: Close, after the stores that it opened.
package stores
