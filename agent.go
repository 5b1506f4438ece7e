package roster

import (
	"encoding/json"
	"slices"
	"time"
)

// Agent is what a registrant says of itself. Only ID is required.
type Agent struct {
	ID           AgentID      `json:"id"`
	Capabilities []Capability `json:"capabilities"`
	Labels       Map          `json:"labels"`
	Endpoints    []Endpoint   `json:"endpoints"`
	Description  string       `json:"description"`
	Metadata     Map          `json:"metadata"`
	// Session is the session that keeps this agent alive; empty: it stays until it
	// is deregistered. OnEnd says what the end of the session does to it.
	Session SessionID `json:"session,omitempty"`
	OnEnd   OnEnd     `json:"on_end,omitempty"`
	// Secret proves later acts, SecretMin to SecretMax bytes. The router replaces it
	// by a hash before it proposes: it is never stored, logged or sent back.
	Secret string `json:"secret,omitempty"`
}

// Capability is one thing that an agent can do. Names are case-sensitive, may hold
// "/", and together with the version are unique in an agent.
type Capability struct {
	Name       string `json:"name"`
	Version    string `json:"version"`
	Attributes Map    `json:"attributes"`
}

// Endpoint is one address at which an agent is reached.
type Endpoint struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// OnEnd says what happens to an agent when its session ends.
type OnEnd string

// The two answers; the empty one means OnEndDeregister.
const (
	OnEndDeregister OnEnd = "deregister"
	OnEndCritical   OnEnd = "critical"
)

// Status is where an agent stands in its life.
type Status string

// The nine states. Agents that are registered by hand stay StatusRegistered;
// placement moves the others.
const (
	StatusRegistered Status = "registered"
	StatusStarting   Status = "starting"
	StatusRunning    Status = "running"
	StatusStopping   Status = "stopping"
	StatusStopped    Status = "stopped"
	StatusFailed     Status = "failed"
	StatusSuspended  Status = "suspended"
	StatusMigrating  Status = "migrating"
	StatusRetiring   Status = "retiring"
)

// Statuses lists every Status.
var Statuses = []Status{StatusRegistered, StatusStarting, StatusRunning, StatusStopping, StatusStopped,
	StatusFailed, StatusSuspended, StatusMigrating, StatusRetiring}

// HealthState is how well an agent is.
type HealthState string

// The three states. An agent without session or probe is passing.
const (
	Passing  HealthState = "passing"
	Warning  HealthState = "warning"
	Critical HealthState = "critical"
)

// HealthStates lists every HealthState.
var HealthStates = []HealthState{Passing, Warning, Critical}

// Health is a state and, when it is not passing, why.
type Health struct {
	State  HealthState `json:"state"`
	Reason string      `json:"reason"`
}

// Owner is what keeps an agent on the roll.
type Owner struct {
	Kind OwnerKind `json:"kind"`
	ID   string    `json:"id"`
}

// OwnerKind says what kind of thing an owner is.
type OwnerKind string

// The kinds of owner.
const (
	OwnedByNobody    OwnerKind = "none"
	OwnedBySession   OwnerKind = "session"
	OwnedByPlacement OwnerKind = "placement"
)

// WallTime is Unix time in nanoseconds: shown to people, never decided on. In JSON
// it is RFC 3339 in UTC.
type WallTime int64

// Time returns w as a time in UTC.
func (w WallTime) Time() time.Time { return time.Unix(0, int64(w)).UTC() }

// MarshalJSON writes RFC 3339 with nanoseconds.
func (w WallTime) MarshalJSON() ([]byte, error) { return w.Time().MarshalJSON() }

// UnmarshalJSON reads RFC 3339.
func (w *WallTime) UnmarshalJSON(data []byte) error {
	var t time.Time
	if err := json.Unmarshal(data, &t); err != nil {
		return err
	}
	*w = WallTime(t.UnixNano())
	return nil
}

// Record is what the registry knows of an agent. Records are immutable: a change
// makes a new one. Slices are never nil.
type Record struct {
	Agent
	Owner     Owner    `json:"owner"`
	Status    Status   `json:"status"`
	Health    Health   `json:"health"`
	Node      NodeID   `json:"node"`
	Epoch     Epoch    `json:"epoch"`
	Revision  Index    `json:"revision"`
	Shard     ShardID  `json:"shard"`
	CreatedAt WallTime `json:"created_at"`
	UpdatedAt WallTime `json:"updated_at"`
	// SecretHash is SHA-256 of the secret, or empty. It never leaves the cluster.
	SecretHash string `json:"-"`
}

// Canonical returns a with its defaults filled in and no nil slice, so that equal
// agents compare equal field by field.
func (a Agent) Canonical() Agent {
	if a.OnEnd == "" {
		a.OnEnd = OnEndDeregister
	}
	if a.Capabilities == nil {
		a.Capabilities = []Capability{}
	}
	for i, c := range a.Capabilities {
		if c.Attributes == nil {
			a.Capabilities = slices.Clone(a.Capabilities)
			a.Capabilities[i].Attributes = Map{}
		}
	}
	if a.Endpoints == nil {
		a.Endpoints = []Endpoint{}
	}
	if a.Labels == nil {
		a.Labels = Map{}
	}
	if a.Metadata == nil {
		a.Metadata = Map{}
	}
	return a
}

// SameContent reports whether two canonical agents say the same, sessions and
// secrets aside.
func (a Agent) SameContent(b Agent) bool {
	return a.ID == b.ID && a.Description == b.Description && a.OnEnd == b.OnEnd &&
		slices.Equal(a.Labels, b.Labels) && slices.Equal(a.Metadata, b.Metadata) &&
		slices.Equal(a.Endpoints, b.Endpoints) &&
		slices.EqualFunc(a.Capabilities, b.Capabilities, func(x, y Capability) bool {
			return x.Name == y.Name && x.Version == y.Version && slices.Equal(x.Attributes, y.Attributes)
		})
}

// Size returns the bytes of all strings in a: what AgentBytesMax bounds.
func (a Agent) Size() int {
	n := len(a.ID) + len(a.Description) + len(a.Session) + a.Labels.size() + a.Metadata.size()
	for _, c := range a.Capabilities {
		n += len(c.Name) + len(c.Version) + c.Attributes.size()
	}
	for _, e := range a.Endpoints {
		n += len(e.Name) + len(e.URL)
	}
	return n
}
