// Package pledge keeps what a server has promised to a Raft group beyond its replica.
//
// A group counts on each server that votes in it: it votes once a term, and it has what it
// said that it has. A server that leaves a group may delete its replica, but there may be
// others that do not know yet that it has left, and that still count on it: one that was cut
// off since before asks it for its vote. If the server has come back meanwhile, blank or
// catching up, it would give that vote to a log that lacks what it once helped to commit,
// and the group would have two leaders and lose acknowledged writes.
//
// So a [Pledge], its term, its vote and where its log ended, outlives the replica. It is
// taken when the replica is deleted and restored when the group is opened again, and an
// [Elector] keeps the server out of elections, as a voter and as a candidate, until its log
// is at least as up to date as the one that it gave up.
//
// What the caller owes: to have a Pledge on disk before the replica is deleted.
package pledge
