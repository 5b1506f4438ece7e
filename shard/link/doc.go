// Package link carries the Raft messages of one group between nodes.
//
// [Open] makes a raft.Transport out of a [Network], which hands out a listener and
// connections for each group. Servers are addressed by their node id alone: the
// network resolves an id when it dials, so a node that comes back under another
// address needs no change of configuration, and a vote names who was voted for.
//
// Raft's own transport handles heartbeats on the connection's goroutine, beside
// Raft's main loop. That can change the term under a leader's feet, so that two
// nodes hold different entries at one index and term. A [Transport] never hands a
// heartbeat to that path. It answers a heartbeat of the present term at once when
// this server is a follower, which only reads two atomics, and drops a copy into a
// mailbox of one for the main loop; everything else waits for the main loop.
//
// A Transport also notes what freshness is computed from: on a follower, the
// commit index that the leader tells ([Options].OnTold); on a leader, when each
// peer last answered and up to where its log agrees ([Transport.Peer]).
//
// [Transport.Mute] takes a server out of the running without stopping it: it leads
// and stands for election no more, but follows and votes. [Transport.Silence] ends
// all traffic.
//
// [NewLog] lets Raft write to a slog.Logger.
//
// What the caller owes: Bind as soon as the Raft instance exists, and Close after it
// has shut down.
package link
