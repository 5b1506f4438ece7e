// Package hosting runs on this node the members of fleets that the log puts here, and
// tells the log what becomes of them.
//
//	Watch(node = me) ──▶ Hosting ──▶ agentpool.Supervisor ──▶ Report ──▶ the agents' shards
//	                                                          └▶ Health ──▶ SetHealth, under the member's epoch
//	lease lost ──▶ Fence
//
// What is in the log is followed, not commands: a member that is to run here under an epoch
// is wanted under it, one that is to stop is stopped, one that has gone elsewhere is
// dropped. A node that starts, or whose lease lapsed, finds members that ran here before: it
// asks for a new epoch for each before it runs them again, because nobody knows what is left
// of the old ones.
//
// The fence falls when the node can no longer be sure that others take it to be alive
// (roster.NodeLeaseMargin after the last acknowledged renewal was sent), well before they
// place its members elsewhere. What it did not stop in time acts under an old epoch.
//
// What the caller owes: [Hosting.Run], and [Hosting.Close] after it.
package hosting
