// Package tokens holds the subcommands that give out and take back access tokens, and that check
// audit logs.
//
// A secret is printed once, alone on standard output, or goes into a new file that its
// owner alone can read; it is never an argument.
//
// What the caller owes: [Options], by which they reach the cluster as the other
// subcommands do.
package tokens
