// Package download sends bodies of unknown length to readers who may be slow but must not
// stand still.
//
// What the caller owes: to end the request by a panic of http.ErrAbortHandler when a body
// that has begun cannot be finished: its end would look like any other.
package download
