// Package ready tells whether a node is ready: as text for people, as JSON for programs.
//
// What the caller owes: the checks in the order in which they are to be read.
package ready
