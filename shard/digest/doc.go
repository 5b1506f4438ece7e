// Package digest tells whether the replicas of a shard have made the same of its log.
//
// A [Digest] sums up every entry that a replica applied, and what came of it, in windows
// of [Entries] places of the log. Windows do not depend on what lies before them, so a
// replica that began from a snapshot has the same ones as the others from the next on.
// [Judge] holds the windows of several replicas against each other: the one that differs
// from a majority is wrong, whatever made it so: a bit that flipped, an entry that is not
// the leader's, a rule that is not deterministic.
//
// A window covers entries and results, not the whole state: damage to what nobody touches
// shows when somebody does.
//
// What the caller owes: Add for every command in the order of the log, Restart whenever
// the state comes from elsewhere, both from the goroutine that applies; and to compare
// only windows of the same [Version].
package digest
