// Package fleets holds the subcommands that run fleets from files and look after them:
// apply, diff, fleets list, get, scale and delete, agents explain, restart and move.
//
// A file holds fleets in YAML or JSON, one a document, as the API takes them. What is wrong
// with one is told with its line and field, and nothing of the file is applied then.
//
// What the caller owes: [Options], by which they reach the cluster as the other
// subcommands do.
package fleets
