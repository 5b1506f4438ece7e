package roster

import "context"

// Entry is one entry of a shard's log: many operations under one sync.
type Entry struct {
	Shard ShardID
	At    LogTime
	Wall  WallTime // shown, never decided on
	Ops   []Op
}

// Op is one command and who asked for it.
type Op struct {
	Request Request
	Actor   Actor
	By      Principal
	Trace   TraceContext
	Ring    uint64 // version of the cluster map that routed it
	Command Command
}

// Actor is the agent on whose behalf an operation is done, and the epoch under
// which it acts. The zero Actor is nobody.
type Actor struct {
	Agent AgentID
	Epoch Epoch
}

// Request makes an operation exactly once. Client is 64 random bits; Seq counts per
// client over all shards, from 1, and a batch takes one for each item; every
// Seq ≤ Done is answered or abandoned. A shard remembers, per client, the highest
// Done and the results above it: a repeated Seq gets the stored result, a Seq ≤ Done
// is Gone. The zero Request asks for no such care.
type Request struct{ Client, Seq, Done uint64 }

type requestKey struct{}

// WithRequest returns a context under which one Service call runs as r.
func WithRequest(ctx context.Context, r Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// RequestFrom returns the request that ctx carries.
func RequestFrom(ctx context.Context) (Request, bool) {
	r, ok := ctx.Value(requestKey{}).(Request)
	return r, ok
}

type principalKey struct{}

// WithPrincipal returns a context under which p asks: its operations say so.
func WithPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// PrincipalFrom returns who asks under ctx; "" while that is not known.
func PrincipalFrom(ctx context.Context) Principal {
	p, _ := ctx.Value(principalKey{}).(Principal)
	return p
}

// Result is what a command came to: identical on every replica.
type Result struct {
	Index Index
	// Value is the command's answer: a Change for agents, a Session for sessions,
	// nil for the rest.
	Value any
	// Err is nil or the *Error with which the rules refused the command.
	Err    error
	Events []Event
}

// Change is what a command did to an agent.
type Change struct {
	Outcome Outcome `json:"outcome"`
	Record  *Record `json:"agent"` // after the change; the last record after a removal
}

// Outcome names what became of an agent.
type Outcome string

// The outcomes. OutcomeRefused appears in batches only.
const (
	OutcomeCreated   Outcome = "created"
	OutcomeUpdated   Outcome = "updated"
	OutcomeUnchanged Outcome = "unchanged"
	OutcomeRemoved   Outcome = "removed"
	OutcomeRefused   Outcome = "refused"
)

// Event is one thing that happened. A feed event carries the record before and
// after; what a Watch yields also has a Type that is relative to its query and a
// Cursor to resume after it.
type Event struct {
	Shard   ShardID
	Index   Index
	Type    EventType
	Before  *Record   // nil when the agent was entered
	After   *Record   // nil when the agent was removed
	Node    NodeID    // for node events
	Session SessionID // for session events: the session that was opened, attached or ended
	Cursor  Cursor    // set by Watch alone
}

// EventType says what an event is about.
type EventType string

// Feeds carry the first group, watches the second. EventLeft holds the last state
// in Before; EventSynced ends the initial matches and holds only a cursor.
const (
	EventAgent    EventType = "agent"
	EventNodeUp   EventType = "node_up"
	EventNodeDown EventType = "node_down"
	EventNodeLeft EventType = "node_left"
	EventMap      EventType = "map"
	EventSession  EventType = "session"

	EventEntered EventType = "entered"
	EventChanged EventType = "changed"
	EventLeft    EventType = "left"
	EventSynced  EventType = "synced"
)
