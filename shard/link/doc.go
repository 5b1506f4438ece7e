// Package link carries the Raft messages of all groups of a node.
//
// A [Hub] has one connection to each peer that it asks something and one from each peer
// that asks it; [Hub.Open] makes the raft.Transport of one group. Servers are addressed
// by their node id alone: an id is resolved at each dial, so a node that comes back
// under another address needs no change of configuration, and a vote names who was
// voted for.
//
// Raft's own transport handles heartbeats on the connection's goroutine, beside
// Raft's main loop. That can change the term under a leader's feet, so that two
// nodes hold different entries at one index and term. A [Transport] never hands a
// heartbeat to that path. It answers a heartbeat of the present term at once when
// this server is a follower, which only reads two atomics, and drops a copy into a
// mailbox of one for the main loop; everything else waits for the main loop, in a
// bounded queue of its group, so that a group whose main loop hangs is in nobody's way.
//
// Heartbeats of several groups leave in one frame, each with its commit index, from
// which freshness is computed ([Options].OnTold) and which Raft never sees. Raft's
// followers learn of a commit with the next message only: [Transport.Nudge] sends one
// when none would follow. Entries go through pipelines of two requests, which end, and
// never hang, when a follower does.
//
// A Transport also notes when each peer last answered and up to where its log agrees
// ([Transport.Peer]), which linearizable reads and transfers of leadership rest on;
// [Transport.Probe] asks for a sign at once.
//
// [Transport.Mute] takes a server out of the running without stopping it: it leads
// and stands for election no more, but follows and votes. [Transport.Silence] ends
// all traffic of its group.
//
// [NewLog] lets Raft write to a slog.Logger.
//
// What the caller owes: Bind as soon as the Raft instance exists, and Close after it
// has shut down; of the Hub after all groups.
package link
