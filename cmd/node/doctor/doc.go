// Package doctor holds the subcommand that says what is wrong with a cluster and how to
// mend it. What is seen comes from survey and machine; what is wrong is decided in rules.
//
// What the caller owes: [Options], by which it reaches nodes and people as the other
// subcommands do.
package doctor
