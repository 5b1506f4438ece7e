// Package holding opens and closes replicas so that a node holds the shards that the
// cluster map wants it to hold, and forgets those that it is to hold no more.
//
// A shard that is wanted is opened at once and waits to be made a member. One that is not
// wanted any more stays until its leader has removed this node from the group; then it is
// closed, and only when the leader, asked again and believed by a quorum, still says that
// this node is no member, its files are deleted. Between the two nobody can give this node
// a vote, because it does not answer. So no vote is ever forgotten, not even by a node
// whose map is old.
//
// What is deleted is written down before (Identity.Leaving), so that a crash in the middle
// is finished at the next start, and what is not held is known (Identity.Absent), so that
// a directory that is missing for another reason is still noticed.
//
// What the caller owes: one Holding a node; Restore before groups are opened, Run after.
package holding
