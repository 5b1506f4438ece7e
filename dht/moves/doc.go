// Package moves turns what is wanted of the voters into small safe steps. It is pure.
//
//	nodes, map ── Plan ──▶ next map        on the leader of the system shard
//	map, group ── Next ──▶ one step        on the leader of each shard
//
// [Plan] compares the cluster map, which is intent, with the nodes that can hold
// replicas and with who votes in fact, and answers a map that differs in at most
// [MovingMax] shards: only when those groups have followed, the next are named. [Next]
// compares one group with what the map wants of it and answers one change of one member.
//
// Planned, a shard goes through four voters: promote the newcomer, who has been a reader
// and has caught up, then demote who leaves. A dead voter goes first, as soon as a
// newcomer stands ready, because with it a fourth voter would raise the quorum and save
// nobody. Neither ever leaves a group without a quorum of living voters.
//
// Nothing is remembered here: after a crash at any point the same comparison finds the
// step that is due.
//
// What the caller owes: one change a group at a time, each seen as committed before the
// next is asked for; and the map stored only where it was read ([roster.SetMap] has If).
package moves
