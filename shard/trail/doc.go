// Package trail keeps a leader's followers from being sent snapshot after snapshot.
//
// A follower that is far behind gets a snapshot and then the entries after it. If the
// leader has compacted those away by the time the snapshot is installed, it sends
// another, and so on for ever (hashicorp/raft issue 697 and its relatives). A [Trail]
// stands between Raft and the log of one group: from the moment a snapshot is sent until
// its receiver has caught up, compaction leaves the entries after the snapshot alone.
// What is so held has a bound, and so has the time.
//
// Snapshots to one follower are counted all the same. From the third within the window
// on they are spaced, ever wider, and the trail says so: a follower that fails every
// time, or is slower than what is written, costs the leader little and is seen.
//
// What the caller owes: Install around each snapshot that is sent, and a Follower that
// does not block.
package trail
