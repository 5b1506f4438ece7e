// Package aging orders the keys of a table by when they run out, in log time.
//
// What the caller owes: one writer; to drop a key under the time at which it was set,
// before it is set to another. An order is derived from its table and never written
// anywhere.
package aging
