package httpapi

import (
	"slices"

	"roster"
)

// route is one row of the table: all that the mux and the OpenAPI document know.
type route struct {
	method, path string
	name         string // operation id, and label of the metrics
	tag          string
	summary      string
	params       []param
	headers      []string // of the request, beside those that every route may have
	takesBody    bodyKind
	answers      []answer
	fails        []int // statuses of 400 or more that mean something particular here
	stream       bool  // goes on until its context ends
	lean         bool  // sets no deadline, because the service does
	serve        func(*call) error
}

// takes reports whether a request header has a meaning on the route.
func (r *route) takes(header string) bool { return slices.Contains(r.headers, header) }

// param is one query parameter.
type param struct {
	name     string
	schema   string // JSON Schema
	text     string
	repeated bool
}

// answer is one way in which a route succeeds.
type answer struct {
	status int
	text   string
	schema string // component, or "" for no body
	media  string // application/json unless it is given
}

// bodyKind names a kind of body by its component in the OpenAPI document.
type bodyKind string

// The bodies.
const (
	noBody       bodyKind = ""
	agentBody    bodyKind = "AgentIn"
	patchBody    bodyKind = "AgentPatch"
	healthBody   bodyKind = "Health"
	lookupBody   bodyKind = "AgentIDs"
	registerBody bodyKind = "Batch"
	sessionBody  bodyKind = "SessionIn"
	renewBody    bodyKind = "SessionIDs"
	commandBody  bodyKind = "Command"
	joinBody     bodyKind = "Join"
	leaveBody    bodyKind = "Leave"
)

// bytesMax is how long the body may be.
func (k bodyKind) bytesMax() int64 {
	if k == registerBody {
		return roster.BatchBytesMax
	}
	return BodyBytesMax
}

// types are the content types that the body may have.
func (k bodyKind) types() []string {
	if k == patchBody {
		return []string{"application/merge-patch+json", "application/json"}
	}
	return []string{"application/json"}
}

// The parameters, in groups that routes share.
func selectParams() []param {
	return []param{
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

func readParams() []param {
	return []param{
		{"read", `{"type":"string","enum":["local","fresh","linearizable"],"default":"local"}`, "how fresh the answer must be", false},
		{"after", `{"type":"string"}`, "token of a write or read that the answer must have seen", false},
		{"max_age", `{"type":"string","examples":["500ms"]}`, "oldest replica that may answer", false},
	}
}

func pageParams() []param {
	return []param{
		{"limit", `{"type":"integer","minimum":1,"maximum":1000,"default":100}`, "agents on one page", false},
		{"cursor", `{"type":"string"}`, "where the last page ended", false},
		{"explain", `{"type":"boolean","default":false}`, "show how each shard found the agents", false},
	}
}

func listParams() []param {
	return slices.Concat(selectParams(), readParams(), pageParams())
}

func watchParams() []param {
	return append(selectParams(),
		param{"after", `{"type":"string"}`, "token or cursor after which to begin; now, unless it is given", false},
		param{"initial", `{"type":"boolean","default":false}`, "begin with the present matches, then synced", false})
}

func verboseParams() []param {
	return []param{{"verbose", `{"type":"boolean","default":false}`, "list every check", false}}
}

// write are the headers under which a write runs exactly once.
func write(more ...string) []string {
	return append([]string{"Roster-Token", "Roster-Request", "Idempotency-Key"}, more...)
}
