// Package process starts the servers under test, reads what they cost and ends them.
//
// It needs Linux: costs come from /proc, and servers are asked of the kernel to die with
// the one who started them, so that none outlives a run that was killed.
//
// What the caller owes: [Site.Close], whatever happened; it ends every process that the
// site started.
package process
