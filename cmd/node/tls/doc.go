// Package tls holds the subcommands that make certificates: a CA for one cluster, and
// what it issues to nodes and clients, as files that only their owner can read.
//
// What the caller owes: [Options]; and a place for the CA's key that no node can read.
package tls
