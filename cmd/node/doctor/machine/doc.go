// Package machine measures the machine on which it runs: how long a small synced write
// takes in a directory, how much room is there, how many files a process may open.
//
// What the caller owes: a directory on the file system that matters, which may be written.
// What was written is removed.
package machine
