package roster

import "time"

// Level says how fresh a read must be.
type Level string

// ReadLocal answers from this node's replica as it is. ReadFresh waits until the
// replica has applied After and is no older than MaxAge. ReadLinearizable sees
// every write that was acknowledged before the read began.
const (
	ReadLocal        Level = "local"
	ReadFresh        Level = "fresh"
	ReadLinearizable Level = "linearizable"
)

// Read says what a read may answer from. The zero value is ReadLocal.
type Read struct {
	Level  Level
	After  Token
	MaxAge time.Duration // 0: any age
}

// Validate reports an Invalid error for an unknown level, an absurd age or a
// malformed token.
func (r Read) Validate() error {
	switch r.Level {
	case "", ReadLocal, ReadFresh, ReadLinearizable:
	default:
		return Invalid("read", "read level %s: want local, fresh or linearizable", quote(string(r.Level)))
	}
	if r.MaxAge < 0 || r.MaxAge > MaxAgeMax {
		return Invalid("max_age", "max_age %v: want 0 to %v", r.MaxAge, MaxAgeMax)
	}
	if _, err := ParsePosition(string(r.After)); err != nil {
		return Invalid("after", "%s", err.Error())
	}
	return nil
}

// Stamp is what an answer says of itself: which shard and index it reflects, how
// old the replica was (the oldest, where several answered) and the token with
// which a later read sees at least as much. A single look-up may leave Token to
// ReadToken.
type Stamp struct {
	Shard ShardID
	Index Index
	Age   time.Duration
	Token Token
	Node  NodeID // whose replica answered, where the node that was asked has none; else ""
}

// ReadToken returns Token, or, where a look-up left it out for speed, the token that
// shard and index make.
func (s Stamp) ReadToken() Token {
	if s.Token != "" || s.Index == 0 {
		return s.Token
	}
	return Token(Position{At: []ShardIndex{{s.Shard, s.Index}}}.Encode())
}

// Query selects agents. Every part must hold; values that stand in one list must
// all hold. The zero Query selects every agent.
type Query struct {
	Capabilities []string
	Labels       []Pair
	Namespaces   []string
	// Scope narrows what may be seen, whatever else the query asks for: the agent's
	// namespace must match one of these patterns (MatchNamespace). nil: any namespace.
	// It stays in the process: doors set it, no caller says it.
	Scope    []string
	Nodes    []string
	Statuses []string
	Health   []string
	// AnyHealth shows critical agents although Health does not ask for them, as a
	// plain list does.
	AnyHealth bool
	Text      string // words that must all match, each as a prefix
	Filter    string // the filter language of package query
	Limit     int    // 0: ListLimit
	Cursor    Cursor // where the last page ended
	Explain   bool   // answer with the plan
	// Initial makes a Watch begin with the present matches, then EventSynced.
	Initial bool
	Read    Read
}

// Page is one page of agents: by id, or by score and id when the query has a text.
type Page struct {
	Agents []*Record `json:"agents"`
	Cursor Cursor    `json:"cursor"` // "" at the end
	Token  Token     `json:"token"`
	Plan   []string  `json:"plan,omitempty"` // how each shard found them
	Stamp  Stamp     `json:"-"`
}

// BatchResult is what became of one item of a batch.
type BatchResult struct {
	ID       AgentID
	Outcome  Outcome
	Revision Index
	Err      error // *Error when refused, Unavailable or Unknown
}

// LookupResult is one answer of a batch look-up; Agent is nil when unknown.
type LookupResult struct {
	ID    AgentID `json:"id"`
	Agent *Record `json:"agent"`
}
