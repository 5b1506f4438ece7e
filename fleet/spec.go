package fleet

import (
	"time"

	"roster"
	"roster/mailbox"
	"roster/placement"
	"roster/scaling"
)

// Bounds of a fleet.
const (
	CountMax     = 10000 // members of one fleet
	ArgumentsMax = 64    // words of a command
	TextMax      = 4 << 10
	EnvMax       = 128
	PriorityMax  = 1000
	GraceMax     = time.Hour
	RestartsMax  = 100
	SpecBytesMax = 64 << 10
	ReasonMax    = 512 // bytes of why a member is where it is
)

// What a Spec means where it says nothing.
const (
	GraceDefault  = 10 * time.Second
	RestartsMost  = 3
	RestartWithin = time.Minute
	RestartPause  = 100 * time.Millisecond
)

// Fleet is a number of agents that are run alike.
type Fleet struct {
	ID    ID  `json:"id"`
	Count int `json:"count"`
	// Policy says which of the nodes that fit is the best; "" is placement.Balanced.
	Policy placement.Policy `json:"policy,omitempty"`
	// AwayMax is how many members may be away at a time while a change of the spec is rolled
	// out; 0 is one.
	AwayMax int `json:"away_max,omitempty"`
	// Scaling lets Count follow the load: what is set is where it begins, and a Set of a fleet
	// that has followed it leaves Count alone. Without Scaling Count is what it was set to.
	Scaling scaling.Policy `json:"scaling,omitzero"`
	Spec    Spec           `json:"spec"`
}

// Spec says what a member is and how it is run.
type Spec struct {
	// Driver runs it: "inproc", "exec" or "remote"; see package agentpool.
	Driver string `json:"driver"`
	// Entry is what "inproc" runs: a name that the node's program has registered.
	Entry string `json:"entry,omitempty"`
	// Command is what "exec" runs: a program and its arguments.
	Command []string   `json:"command,omitempty"`
	Env     roster.Map `json:"env,omitempty"`
	// Resources are set aside for it on its node.
	Resources placement.Resources `json:"resources,omitzero"`
	Where     placement.Where     `json:"where,omitzero"`
	// Priority: members of larger ones are placed first.
	Priority int     `json:"priority,omitempty"`
	Restart  Restart `json:"restart,omitzero"`
	// Mailbox bounds what waits for a member.
	Mailbox mailbox.Limits `json:"mailbox,omitzero"`
	// StopGrace is how long a member may take to stop; 0 is GraceDefault.
	StopGrace roster.Duration `json:"stop_grace,omitzero"`
	// Announces: a program says itself when it is ready ([Standing]); until then it is
	// starting. Without it a program is running once it is started.
	Announces bool  `json:"announces,omitempty"`
	Probe     Probe `json:"probe,omitzero"`
	Limit     Limit `json:"limit,omitzero"`

	// What a member says of itself while it runs.
	Capabilities []roster.Capability `json:"capabilities,omitempty"`
	Labels       roster.Map          `json:"labels,omitempty"`
	Endpoints    []roster.Endpoint   `json:"endpoints,omitempty"`
	Description  string              `json:"description,omitempty"`
	Metadata     roster.Map          `json:"metadata,omitempty"`
}

// When says which ends of a member make it run again.
type When string

// The three; "" means Always.
const (
	Always    When = "always"     // permanent: whatever ended it
	OnFailure When = "on_failure" // transient: unless it ended without an error
	Never     When = "never"      // temporary
)

// Restart says how a member that ended is run again. The node that runs it does so, until
// that has been too often; then it is placed elsewhere, after a pause that grows.
type Restart struct {
	When   When            `json:"when,omitempty"`
	Most   int             `json:"most,omitempty"`  // restarts in Within; 0 is RestartsMost
	Within roster.Duration `json:"within,omitzero"` // 0 is RestartWithin
	Pause  roster.Duration `json:"pause,omitzero"`  // before the first restart, doubled for each other; 0 is RestartPause
}

// Grace returns how long a member may take to stop.
func (s *Spec) Grace() time.Duration {
	if s.StopGrace == 0 {
		return GraceDefault
	}
	return time.Duration(s.StopGrace)
}

// Limits returns how many restarts are allowed, within how long, and the first pause.
func (r Restart) Limits() (most int, within, pause time.Duration) {
	most, within, pause = r.Most, time.Duration(r.Within), time.Duration(r.Pause)
	if most == 0 {
		most = RestartsMost
	}
	if within == 0 {
		within = RestartWithin
	}
	if pause == 0 {
		pause = RestartPause
	}
	return most, within, pause
}

// Again reports whether a member that ended, with an error or without, is run again.
func (r Restart) Again(failed bool) bool {
	return r.When != Never && (failed || r.When != OnFailure)
}

// Rule returns the policy that holds.
func (f *Fleet) Rule() placement.Policy {
	if f.Policy == "" {
		return placement.Balanced
	}
	return f.Policy
}

// Away returns how many members may be away at a time for a change.
func (f *Fleet) Away() int { return max(1, f.AwayMax) }

// Agent returns what the n-th member says of itself.
func (f *Fleet) Agent(n int) roster.Agent {
	s := &f.Spec
	return roster.Agent{ID: f.ID.Member(n), Capabilities: s.Capabilities, Labels: s.Labels, Endpoints: s.Endpoints,
		Description: s.Description, Metadata: s.Metadata}.Canonical()
}
