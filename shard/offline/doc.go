// Package offline reads and writes the files of shards that no node has open.
//
// [Files.Last] says how far a shard's log goes, [Files.Replay] what state that is:
// everything in the log, committed or not, because who committed it is gone. [Files.Plant]
// begins a shard with a state: a snapshot at the first index of a log that is empty, with
// one voter.
//
// What the caller owes: the lock of the data directory, so that no node opens it meanwhile;
// and Plant only where there is nothing of the shard.
package offline
