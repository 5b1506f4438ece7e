// Package find answers a query with one page, merged from this node's replicas of all
// shards: by id, or for a text by score and id.
//
// What the caller owes: a [Source] whose replicas are as fresh as the read asks.
package find
