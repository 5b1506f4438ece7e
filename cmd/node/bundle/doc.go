// Package bundle holds the subcommand that puts into one file what a stranger needs to
// understand a cluster: what each node says of itself, and what the doctor finds.
//
// No secret gets in: no key, no token, no agent. What could not be had is listed in the
// bundle.
//
// What the caller owes: [Options], by which it reaches nodes and people as the other
// subcommands do.
package bundle
