// Package watch turns the feeds of a node's shards into one stream of what happens to
// the agents that a query selects, with a cursor after each event.
//
// A cursor holds an index for each shard and, because one command may change many
// agents, how many events of the next index were already sent. Order holds for each
// agent, because an agent lives in one shard; shards are merged as they come.
//
// What the caller owes: a [Source] that knows the node's replicas, and to leave the
// loop when it wants no more: the readers end with it.
package watch
