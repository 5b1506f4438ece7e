package table

import (
	"slices"

	"roster"
	"roster/access"
)

// BodyBytesMax bounds every body but a batch, which may have roster.BatchBytesMax.
const BodyBytesMax = 1 << 20

// Headers that change what a request means. A route that does not take one refuses
// it, because to ignore it could do harm.
const (
	IfMatch     = "If-Match"
	IfNoneMatch = "If-None-Match"
)

// Route is one row of the table.
type Route struct {
	Method, Path string
	Name         string // operation id, and label of the metrics
	Tag          string
	Summary      string
	Right        Right
	Params       []Param
	Headers      []string // of the request, beside those that every route may have
	Body         Body
	Answers      []Answer
	Fails        []int // statuses of 400 or more that mean something particular here
	Stream       bool  // goes on until its context ends
	Lean         bool  // sets no deadline, because the service does
}

// Right is what a route asks of its caller where authorisation is on.
type Right struct {
	Verb access.Verb
	In   Where
}

// Where says in which namespace the verb must be allowed.
type Where string

// The places. Every route names one: a test refuses none.
const (
	Open      Where = "open"     // whoever asks, without a token
	Anywhere  Where = "anywhere" // any token that allows the verb in some namespace
	InPath    Where = "path"     // that of {ns}
	InSession Where = "session"  // that of the session {id}
	Named     Where = "named"    // those that body or query name: package gate judges each
	Cluster   Where = "cluster"  // in all of them
)

// Takes reports whether a request header has a meaning on the route.
func (r *Route) Takes(header string) bool { return slices.Contains(r.Headers, header) }

// Param is one query parameter.
type Param struct {
	Name     string
	Schema   string // JSON Schema
	Text     string
	Repeated bool
}

// Answer is one way in which a route succeeds.
type Answer struct {
	Status int
	Text   string
	Schema string // component, or "" for no body
	Media  string // application/json unless it is given
}

// Body names a kind of body by its component in the OpenAPI document.
type Body string

// The bodies; NoBody takes none.
const (
	NoBody        Body = ""
	AgentBody     Body = "AgentIn"
	PatchBody     Body = "AgentPatch"
	HealthBody    Body = "Health"
	LookupBody    Body = "AgentIDs"
	RegisterBody  Body = "Batch"
	SessionBody   Body = "SessionIn"
	RenewBody     Body = "SessionIDs"
	CommandBody   Body = "Command"
	JoinBody      Body = "Join"
	LeaveBody     Body = "Leave"
	StoreBody     Body = "MigrateStore"
	TokenBody     Body = "TokenIn"
	RebalanceBody Body = "Rebalance"
	KeyBody       Body = "KeyChange"
	FleetBody     Body = "Fleet"
	ScaleBody     Body = "Scale"
	RecallBody    Body = "Recall"
	MessageBody   Body = "MessageIn"
	MulticastBody Body = "Multicast"
	ReceiveBody   Body = "Receive"
	ReplyBody     Body = "Reply"
	StateBody     Body = "StateIn"
	StandingBody  Body = "Standing"
)

// BytesMax is how long the body may be.
func (k Body) BytesMax() int64 {
	if k == RegisterBody {
		return roster.BatchBytesMax
	}
	return BodyBytesMax
}

// Types are the content types that the body may have.
func (k Body) Types() []string {
	if k == PatchBody {
		return []string{"application/merge-patch+json", "application/json"}
	}
	return []string{"application/json"}
}

// The parameters, in groups that routes share.
func selectParams() []Param {
	return []Param{
		{"capability", `{"type":"string"}`, "name, or name@version, that the agent must have; repeated: all of them", true},
		{"label", `{"type":"string","pattern":"^[^=]+="}`, "key=value that the agent must bear; repeated: all of them", true},
		{"namespace", `{"type":"string"}`, "namespace of the agent", true},
		{"node", `{"type":"string"}`, "node that the agent is placed on", true},
		{"status", `{"$ref":"#/components/schemas/Status"}`, "where the agent stands in its life", true},
		{"health", `{"$ref":"#/components/schemas/HealthState"}`, "how well the agent is", true},
		{"text", `{"type":"string","maxLength":1024}`, "words that must all match, each as a prefix; best first", false},
		{"filter", `{"type":"string","maxLength":8192}`, "expression of the filter language", false},
	}
}

func readParams() []Param {
	return []Param{
		{"read", `{"type":"string","enum":["local","fresh","linearizable"],"default":"local"}`, "how fresh the answer must be", false},
		{"after", `{"type":"string"}`, "token of a write or read that the answer must have seen", false},
		{"max_age", `{"type":"string","examples":["500ms"]}`, "oldest replica that may answer", false},
	}
}

func pageParams() []Param {
	return []Param{
		{"limit", `{"type":"integer","minimum":1,"maximum":1000,"default":100}`, "agents on one page", false},
		{"cursor", `{"type":"string"}`, "where the last page ended", false},
		{"explain", `{"type":"boolean","default":false}`, "show how each shard found the agents", false},
	}
}

func listParams() []Param {
	return slices.Concat(selectParams(), readParams(), pageParams())
}

func watchParams() []Param {
	return append(selectParams(),
		Param{"after", `{"type":"string"}`, "token or cursor after which to begin; now, unless it is given", false},
		Param{"any_health", `{"type":"boolean","default":false}`, "show critical agents too", false},
		Param{"initial", `{"type":"boolean","default":false}`, "begin with the present matches, then synced", false})
}

func verboseParams() []Param {
	return []Param{{"verbose", `{"type":"boolean","default":false}`, "list every check: as text, unless Accept is missing or names JSON", false}}
}

func debugParams() []Param {
	return []Param{{"seconds", `{"type":"integer","minimum":1,"maximum":20,"default":5}`, "how long to take a CPU profile", false}}
}

// write are the headers under which a write runs exactly once.
func write(more ...string) []string {
	return append([]string{"Roster-Token", "Roster-Request", "Idempotency-Key", "Roster-Agent", "Roster-Epoch", "Roster-Secret"}, more...)
}
