// Package nodes holds the subcommands that look after single nodes.
//
// What the caller owes: [Options], by which they reach the cluster as the other
// subcommands do.
package nodes
