// Package record makes the one record that every system stores: an agent as JSON, of
// exactly [Bytes] bytes, that Roster takes as it stands and the others keep as a value.
//
// What the caller owes: numbers from 0 to [NumberMax] and versions below 2^32; outside
// them a record is of another length.
package record
