// Package limits measures what the machine itself can do, so that a figure can be held
// against what no program could better: one sync of a page, and one read of a map.
//
// What the caller owes: a directory on the disk that the servers write to.
package limits
