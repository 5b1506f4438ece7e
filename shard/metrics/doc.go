// Package metrics shows Prometheus what the shards of one node do: a histogram of log
// writes, and of each shard the figures of a [Sample], taken when somebody asks.
//
// What the caller owes: a function that takes the samples without waiting for anything.
package metrics
