// Package archive holds the subcommands that make archives of a cluster, look into them
// and begin a cluster with one.
//
// What the caller owes: [Options], by which they reach the cluster and people as the other
// subcommands do.
package archive
