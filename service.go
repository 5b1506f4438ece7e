package roster

import (
	"context"
	"io"
	"iter"
)

// Service is the whole contract. A node, the HTTP client and the in-memory service
// of the tests implement it, and are held to the same tests.
//
// Every error is an *Error or wraps one. Every call ends within its context, or
// within RequestDeadline where the context has none. A write that carries a Request
// (WithRequest) runs exactly once however often it is sent; without one the service
// makes its own and still retries only what was not executed.
type Service interface {
	Registry
	Sessions
	Admin

	// Do carries out any command that is not Internal. A refusal by the rules comes
	// back both in Result.Err and as the error.
	Do(ctx context.Context, c Command) (Result, Stamp, error)

	// Watch yields what happens to the agents that q selects, from after on, or from
	// now when after is "" (a Token serves as well as a Cursor). Order holds for each
	// agent, not across shards; nothing is skipped or repeated. It ends with the
	// context, or yields one error and ends: Gone when after lies before what is
	// kept or the watcher was too slow (list again, watch from the list's token),
	// Unavailable when after lies ahead of this replica for longer than CursorWait.
	Watch(ctx context.Context, q Query, after Cursor) iter.Seq2[Event, error]
}

// Registry is the part of the contract that everybody calls.
type Registry interface {
	// Register enters or replaces an agent; see the command for the rules.
	Register(ctx context.Context, c Register) (Change, Stamp, error)

	// RegisterBatch carries out up to BatchMax registrations, each on its own: the
	// answers stand in the order of the items, and one refused item stops no other.
	// A Request in ctx gives item i the Seq plus i. An error means that no item was
	// tried.
	RegisterBatch(ctx context.Context, items []Register) ([]BatchResult, Token, error)

	// Deregister takes an agent off the roll: NotFound when it is not on it, Stale
	// when c.IfMatch is not its revision.
	Deregister(ctx context.Context, c Deregister) (Change, Stamp, error)

	// Lookup returns one agent, or NotFound (with a valid Stamp).
	Lookup(ctx context.Context, id AgentID, r Read) (*Record, Stamp, error)

	// LookupBatch returns up to BatchMax agents in the order of ids.
	LookupBatch(ctx context.Context, ids []AgentID, r Read) ([]LookupResult, Stamp, error)

	// Find returns one page of what q selects. Critical agents are left out unless
	// q.Health or q.AnyHealth asks for them.
	Find(ctx context.Context, q Query) (Page, error)
}

// Sessions is the part that keeps agents alive. Open and end go through Do.
type Sessions interface {
	// Session returns a live session: NotFound when it never was, Gone when it ended.
	Session(ctx context.Context, id SessionID) (Session, Stamp, error)

	// RenewSessions restarts the TTL of up to BatchMax sessions; the errors stand in
	// the order of ids (nil, Gone, NotFound, Unavailable).
	RenewSessions(ctx context.Context, ids []SessionID) ([]error, error)

	// HoldSession keeps a session alive until ctx ends, and ends the session
	// SessionGrace after that unless it is held or renewed again meanwhile. It
	// returns at once with an error when the session is not live, and with Gone when
	// it ends while held. held is called once, when the hold stands.
	HoldSession(ctx context.Context, id SessionID, held func()) error
}

// Admin is the part for operators.
type Admin interface {
	Members(ctx context.Context) ([]Member, error)
	Shards(ctx context.Context) ([]ShardStatus, error)
	Status(ctx context.Context) (NodeStatus, error)
	// Ready lists what stands between this node and service; all OK means ready.
	Ready(ctx context.Context) ([]Check, error)
	// Join makes this node meet the cluster at addresses, and returns how many
	// answered: Conflict when they belong to another cluster.
	Join(ctx context.Context, addresses []string) (int, error)
	// Leave takes this node out of the cluster and stops it: Refused for a voter, which
	// is drained first, unless force.
	Leave(ctx context.Context, force bool) error
	// Drain takes every vote off a node, one after the other, until Moves lists none of
	// it; on false lets it vote again. NotFound for an id that the cluster does not know.
	Drain(ctx context.Context, id NodeID, on bool) error
	// ForceLeave takes out a node that is gone for good: Refused while it lives.
	ForceLeave(ctx context.Context, id NodeID) error
	// Prune forgets a node that has left, so that it is listed no more, and lets it in never
	// again: Refused while it lives, has not left or still votes.
	Prune(ctx context.Context, id NodeID) error
	// Moves says which voters are moving, which are to move, and why.
	Moves(ctx context.Context) (MovePlan, error)
	// PauseMoves stops what moves voters, once what is under way is done, or lets it go on.
	PauseMoves(ctx context.Context, paused bool) error
	// SetLayout changes what is wanted of where shards are; Moves shows how far that is.
	SetLayout(ctx context.Context, l Layout) error
	// MigrateStore moves logs of this node's shards into another store, "shared" or
	// "bolt", while they work: as many as the deadline of ctx allows, at least one. It
	// is repeated until none are left. Refused for a node that keeps nothing on disk.
	MigrateStore(ctx context.Context, to string) (StoreMoves, error)
	// Backup writes an archive of all shards to w: one moment of each, with every write
	// in it that was acknowledged before the call; package backup reads it. Nothing is
	// written with Conflict (the cluster map changed meanwhile) or Overloaded (the node
	// writes another one); an error after that leaves what package backup refuses.
	Backup(ctx context.Context, w io.Writer) error
	// Keyring changes the cluster key on all living nodes, step by step, and says which keys
	// each holds, by fingerprint; see package node/keys for the errors. Steps may be repeated.
	Keyring(ctx context.Context, c KeyChange) (Keyring, error)
	Tokens
}

// Tokens is the part for who gives out access tokens.
type Tokens interface {
	// Tokens lists the access tokens, by id.
	Tokens(ctx context.Context) ([]AccessToken, error)
	// CreateToken makes an access token and returns its secret, which nobody can be told
	// again. After Unknown there may be a token whose secret is lost: list, and revoke it.
	CreateToken(ctx context.Context, t NewToken) (AccessToken, string, error)
	// RevokeToken takes an access token away: NotFound when there is none. Each node
	// refuses it as soon as its replica of the system shard has applied that.
	RevokeToken(ctx context.Context, id string) error
}
