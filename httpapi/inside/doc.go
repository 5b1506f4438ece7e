// Package inside shows what goes on inside a node's process: its settings, its goroutines,
// its heap, what takes its CPU time.
//
// A profile has the names of functions and how much they take, and nothing of what the
// process holds. What the caller owes: settings without secrets.
package inside
