// Package sse writes server-sent events: an answer that goes on, flushed piece by
// piece, each piece with a deadline, so that a reader that takes nothing cannot keep
// a goroutine.
//
// What the caller owes: whole events, with their blank line, and one writer at a time.
package sse
