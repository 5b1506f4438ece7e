// Package apart calls what may end its goroutine, or panic, where neither harms the caller.
//
// What the caller owes: a function that returns, ends its goroutine or panics.
package apart
