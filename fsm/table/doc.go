// Package table holds the newest record of each agent where readers find it beside
// the one writer: no lock, no allocation, and never half of a record.
//
// It is the one place of the state machine that may be concurrent, and it decides
// nothing: what is in it follows from the log alone. A [Roll] is the records of one
// state and gives each agent an ordinal, by which indexes speak of it; a [Table] shows
// the roll of the present state and the index that it has reached.
//
// What the caller owes: Put, Delete, Publish and Show from one goroutine; records
// that nobody changes once they are stored. Whoever loads Index before Get finds a
// record at least as new as that index.
package table
