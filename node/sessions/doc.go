// Package sessions keeps sessions alive and ends them.
//
// A session means only that somebody lives. Its home shard's leader counts its TTL in
// memory, because a renewal that cost a log entry would make a heartbeat the most
// expensive thing a fleet does; only the end of a session is proposed. A new leader
// gives every session a full TTL, so that none ends early. The leader also brings the
// end to the other shards in which the session was used, until each has acknowledged.
//
// What the caller owes: run [Sessions.Lead] while this node leads a shard, tell
// [Sessions.Applied] what was proposed here, hand MethodRenew to
// [Sessions.ServeRenew], and call [Sessions.Attach] before an agent is registered
// under a session.
package sessions
