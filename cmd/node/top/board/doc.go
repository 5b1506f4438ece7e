// Package board turns two looks at a cluster into what top shows: how busy nodes, shards
// and routes are. It is pure.
//
// What the caller owes: two looks of the same cluster, and the time between them.
package board
