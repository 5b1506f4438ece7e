// Package fsm is the deterministic state of one shard: what its log means. Every rule
// that Roster promises about writes is decided here and nowhere else.
//
// [Machine.Apply] takes one log entry and answers each of its operations. An operation
// passes, in this order: the table of remembered requests (exactly once), the clock
// and what it made due, the fence (no act under an old epoch), the command table. The
// same entries give the same state, results and digest on every replica: the package
// reads no clock, draws no random number and walks no map.
//
//   - Time is the log's: an entry carries how long leaders have led, bounded in its
//     steps. Leases, remembered requests and ended sessions run out by it alone.
//   - What is due runs out in bounded portions; a command that meets a thing whose time
//     is over, but whose turn has not come, treats it as gone.
//   - Every table has a maximum. A full one answers Overloaded, and nothing is evicted
//     to make room: what was promised to one client is not broken for another.
//   - State is kept in sections, each in a file of its own, that export and load their
//     items by routing key behind one interface.
//
// What the caller owes: Apply, View, Restore and Snapshot are the writer's, one at a
// time; a [View] is used while the writer is kept out, by any number of readers. Index
// and Lookup are safe at any time, and whoever loads Index first finds records at
// least as new. Results and records are shared and immutable. A fault of Restore
// leaves the machine as it was.
package fsm
