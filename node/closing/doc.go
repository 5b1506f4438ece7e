// Package closing takes down in order what was built in order: a stack of named steps,
// the newest first. It rolls back what is half-built as well.
//
// What the caller owes: a context that bounds the whole of [Stack.Unwind]; each step
// is told of it and must heed it.
package closing
