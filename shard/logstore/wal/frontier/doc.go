// Package frontier keeps, in a file of its own, the number of a frame up to which a log
// was safe at some moment. A log that ends before it has lost something.
//
// There are two slots, written in turn, so that a crash while one is written leaves the
// other. What the caller owes: it moves the frontier only to what was synced.
package frontier
