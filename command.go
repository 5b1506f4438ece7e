package roster

import "time"

// Command is one wish to change a shard. Commands are values: pointers are not
// commands. The decode table is in fsm/codec.
type Command interface {
	Key() Key   // decides the shard
	Kind() Kind // names the command on the wire and in the log
}

// Kind names a command. Numbers are part of the log format and never reused.
type Kind uint16

// The kinds. Those from KindJoinNode on go to the system shard.
const (
	KindTick          Kind = 1
	KindRegister      Kind = 2
	KindUpdate        Kind = 3
	KindDeregister    Kind = 4
	KindSetHealth     Kind = 5
	KindFence         Kind = 6
	KindOpenSession   Kind = 7
	KindAttachSession Kind = 8
	KindEndSession    Kind = 9
	KindDetachSession Kind = 10
	// What is run: package fleet.
	KindSetFleet, KindScaleFleet, KindDropFleet      Kind = 16, 17, 18
	KindRecall, KindPlace, KindReport, KindSaveState Kind = 19, 20, 21, 22
	KindJoinNode                                     Kind = 32
	KindLeaveNode                                    Kind = 33
	KindRenewNode                                    Kind = 34
	KindSetMap                                       Kind = 35
	KindSetToken                                     Kind = 36
	KindDropToken                                    Kind = 37
)

// kindNames gives each kind the name that people and the HTTP API use.
var kindNames = map[Kind]string{
	KindTick: "tick", KindRegister: "register", KindUpdate: "update", KindDeregister: "deregister",
	KindSetHealth: "set_health", KindFence: "fence", KindOpenSession: "open_session",
	KindAttachSession: "attach_session", KindEndSession: "end_session", KindDetachSession: "detach_session",
	KindJoinNode: "join_node", KindLeaveNode: "leave_node", KindRenewNode: "renew_node", KindSetMap: "set_map",
	KindSetToken: "set_token", KindDropToken: "drop_token", KindSetFleet: "set_fleet", KindScaleFleet: "scale_fleet",
	KindDropFleet: "drop_fleet", KindRecall: "recall", KindPlace: "place", KindReport: "report", KindSaveState: "save_state",
}

// String returns the kind's name, such as "register".
func (k Kind) String() string { return kindNames[k] }

// Internal reports whether only nodes may propose k: over the API it is Denied.
func (k Kind) Internal() bool {
	switch k {
	case KindRegister, KindUpdate, KindDeregister, KindSetHealth, KindOpenSession, KindEndSession,
		KindSetFleet, KindScaleFleet, KindDropFleet, KindRecall:
		return false
	}
	return true
}

// Mode says what Register does when the agent is already there.
type Mode string

// ModeCreate refuses an existing agent with Conflict, unless its live session and
// content are the same; ModePut replaces it.
const (
	ModeCreate Mode = "create"
	ModePut    Mode = "put"
)

// Register enters an agent or replaces it. Its Result.Value is a Change.
//
// An agent that another live session holds is a Conflict in either mode. IfMatch
// other than zero must be the present revision (Stale otherwise). IfAbsent makes a
// ModePut refuse an existing agent with Stale.
type Register struct {
	Agent      Agent  `json:"agent"`
	Mode       Mode   `json:"mode"`
	IfMatch    Index  `json:"if_match,omitempty"`
	IfAbsent   bool   `json:"if_absent,omitempty"`
	SecretHash string `json:"-"`
}

// MapPatch changes a Map: cleared first if Clear, then Set, then Delete. The zero
// value changes nothing.
type MapPatch struct {
	Clear  bool     `json:"clear,omitempty"`
	Set    Map      `json:"set,omitempty"`
	Delete []string `json:"delete,omitempty"`
}

// Update changes the parts of an agent that are not nil: RFC 7396, merged where the
// agent lives. Its Result.Value is a Change.
type Update struct {
	ID           AgentID       `json:"id"`
	IfMatch      Index         `json:"if_match,omitempty"`
	Capabilities *[]Capability `json:"capabilities,omitempty"`
	Labels       MapPatch      `json:"labels,omitzero"`
	Endpoints    *[]Endpoint   `json:"endpoints,omitempty"`
	Description  *string       `json:"description,omitempty"`
	Metadata     MapPatch      `json:"metadata,omitzero"`
	OnEnd        *OnEnd        `json:"on_end,omitempty"`
}

// Deregister takes an agent off the roll. Its Result.Value is a Change with the
// agent's last record.
type Deregister struct {
	ID      AgentID `json:"id"`
	IfMatch Index   `json:"if_match,omitempty"`
}

// SetHealth reports an agent's health. Its Result.Value is a Change.
type SetHealth struct {
	ID     AgentID `json:"id"`
	Health Health  `json:"health"`
}

// Fence tells a shard that Agent now lives under Epoch: acts of lower epochs are
// refused there from now on.
type Fence struct {
	Shard ShardID `json:"shard"`
	Agent AgentID `json:"agent"`
	Epoch Epoch   `json:"epoch"`
}

// OpenSession begins a session in its home shard. An id that is live is a Conflict,
// an id that ended is Gone. Its Result.Value is a Session.
type OpenSession struct {
	ID  SessionID `json:"id"`
	TTL Duration  `json:"ttl"`
}

// AttachSession names, in the session's home record, a shard before the session is
// first used there. Gone when the session has ended.
type AttachSession struct {
	ID    SessionID `json:"id"`
	Shard ShardID   `json:"shard"`
}

// EndSession ends a session. In the home shard (Shard is the home or zero) the
// record turns to ending and keeps the attached shards; in any other shard it is
// the home leader's order to end what the session holds there. If other than zero
// must be the session's generation (Conflict otherwise). Ending an ended session
// is not an error.
type EndSession struct {
	ID    SessionID `json:"id"`
	If    Index     `json:"if,omitempty"`
	Shard ShardID   `json:"shard,omitempty"`
}

// DetachSession records in the home shard that Shard has ended the session's things.
type DetachSession struct {
	ID    SessionID `json:"id"`
	Shard ShardID   `json:"shard"`
}

// Tick does nothing but carry log time, so that what is due expires.
type Tick struct {
	Shard ShardID `json:"shard"`
}

// JoinNode enters a node in the system shard, or renews what is known of it, and
// gives it a lease.
type JoinNode struct {
	Node NodeInfo `json:"node"`
}

// LeaveNode takes a node off the cluster: it is gone by plan.
type LeaveNode struct {
	ID NodeID `json:"id"`
}

// RenewNode renews the lease of a node. NotFound when the node has left.
type RenewNode struct {
	ID NodeID `json:"id"`
}

// SetMap replaces the cluster map. If must be the version that it replaces (Conflict
// otherwise).
type SetMap struct {
	If  uint64     `json:"if"`
	Map ClusterMap `json:"map"`
}

// The keys and kinds.

func (c Register) Key() Key      { return c.Agent.ID.Key() }
func (c Update) Key() Key        { return c.ID.Key() }
func (c Deregister) Key() Key    { return c.ID.Key() }
func (c SetHealth) Key() Key     { return c.ID.Key() }
func (c Fence) Key() Key         { return c.Agent.Key() }
func (c OpenSession) Key() Key   { return c.ID.Key() }
func (c AttachSession) Key() Key { return c.ID.Key() }
func (c EndSession) Key() Key    { return c.ID.Key() }
func (c DetachSession) Key() Key { return c.ID.Key() }
func (c Tick) Key() Key          { return SystemKey }
func (c JoinNode) Key() Key      { return SystemKey }
func (c LeaveNode) Key() Key     { return SystemKey }
func (c RenewNode) Key() Key     { return SystemKey }
func (c SetMap) Key() Key        { return SystemKey }

func (Register) Kind() Kind      { return KindRegister }
func (Update) Kind() Kind        { return KindUpdate }
func (Deregister) Kind() Kind    { return KindDeregister }
func (SetHealth) Kind() Kind     { return KindSetHealth }
func (Fence) Kind() Kind         { return KindFence }
func (OpenSession) Kind() Kind   { return KindOpenSession }
func (AttachSession) Kind() Kind { return KindAttachSession }
func (EndSession) Kind() Kind    { return KindEndSession }
func (DetachSession) Kind() Kind { return KindDetachSession }
func (Tick) Kind() Kind          { return KindTick }
func (JoinNode) Kind() Kind      { return KindJoinNode }
func (LeaveNode) Kind() Kind     { return KindLeaveNode }
func (RenewNode) Kind() Kind     { return KindRenewNode }
func (SetMap) Kind() Kind        { return KindSetMap }

// Duration is a time span that reads and writes as a string such as "500ms".
type Duration time.Duration

func (d Duration) span() time.Duration { return time.Duration(d) }

// MarshalText writes the span as time.Duration does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what time.ParseDuration reads.
func (d *Duration) UnmarshalText(text []byte) error {
	span, err := time.ParseDuration(string(text))
	if err != nil {
		return Invalid("", "duration %s: want a number and a unit, such as 500ms or 15s", quote(string(text)))
	}
	*d = Duration(span)
	return nil
}
