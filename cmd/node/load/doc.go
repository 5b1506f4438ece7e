// Package load is the commands "roster load run", "report" and "compare": flags,
// files and the progress line around the profiles of loadgen.
//
// What the caller owes: [Options] with everything that a command takes from outside,
// and an exit status for the errors: those of Options.Usage are of the command line,
// the others mean that the load failed, a promise was broken or a budget exceeded.
package load
