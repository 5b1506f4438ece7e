// Package top holds the subcommand that shows, once a second, how busy a cluster is: its
// nodes, its shards, the routes that are called most.
//
// What the caller owes: [Options], by which it reaches nodes and people as the other
// subcommands do.
package top
