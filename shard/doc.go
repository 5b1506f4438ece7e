// Package shard keeps many Raft groups on one node, each the replicated log of one
// shard, and knows nothing of what the commands in it mean.
//
// A [Host] opens a [Group] for each shard that this node holds. On the leader,
// [Group.Propose] gathers concurrent operations into one log entry while the entry
// before is being synced, stamps it with log time and waits until it is applied. On
// every replica, [Group.Lookup] and [Group.View] read what has been applied and say
// how old that is, [Group.Feed] yields what happened, and [Group.WaitIndex],
// [Group.WaitFresh] and [Group.ReadIndex] wait for a state that is new enough.
// [Group.Leading] runs what only a leader may do.
//
// How trouble is met:
//
//   - A write whose fate is not known is Unknown; every other error of Propose
//     promises that nothing was executed.
//   - A storage error stops the replica: it leaves the group, and its last state can
//     still be read. It is never retried. An entry that cannot be decoded, or that
//     panics when applied, stops the machine in the same way, while the replica goes
//     on voting. Both are reported to Config.OnFault once.
//   - A newest snapshot that cannot be read keeps a group from opening. Nothing older
//     is used instead.
//
// What the caller owes: one Host for a directory; an OnFault that returns and does
// not close the host itself; Close.
package shard
