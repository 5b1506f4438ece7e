// Package table keeps the newest record of every agent where readers find it beside
// the one writer: a look-up takes no lock and allocates nothing.
//
// A persistent tree would give a consistent moment as well, at several times the cost
// of a read; look-ups need only the newest record, so consistency is left to the views
// of package fsm, which keep the writer out. This is the one room of the state machine
// that may use atomics.
//
// What the caller owes: one writer at a time calls Put, Delete, Publish and Replace;
// anybody may call Get, Index and Len meanwhile. Records that were put are never
// changed. The writer puts records first and publishes the index last, and a reader
// loads the index first: then the record is at least as new as the index says.
package table
