// Package pick has the flags by which subcommands pick agents, and say how fresh an answer
// must be: the same for all that find, list and watch.
//
// What the caller owes: to ask for their values after the command line was parsed.
package pick
