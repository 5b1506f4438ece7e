// Package problem reads what a node says when it refuses: the body of every answer of 400 or
// more, and when to come back.
package problem
