// Package keyring holds the subcommands that change the cluster key while the cluster works.
// A key is never an argument, which everybody on the machine sees: it comes from a file or
// from the standard input.
package keyring
