// Package keep cuts records down to what they must hold: texts and lists that many
// agents have alike are there once, and what an agent has of its own lies together.
//
// Agents of a fleet repeat themselves: the same capabilities, labels and metadata, the
// same description. A [Keeper] remembers what it saw more than once, in tables of a
// bounded size, and gives the next record the same memory. What falls out of a table is
// only kept twice: nothing that is decided depends on it, and nothing need be given back.
// The texts that are left, such as the id and an address, become one piece of memory.
//
// What the caller owes: the record given to Keep is new and nobody else's yet; what it
// refers to may be anybody's. A Keeper is for one goroutine.
package keep
