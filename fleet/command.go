package fleet

import "roster"

// Set enters a fleet or replaces it. IfMatch other than zero must be its revision (Stale
// otherwise); IfAbsent refuses one that is there (Stale). Its Result.Value is a Change.
type Set struct {
	Fleet    Fleet        `json:"fleet"`
	IfMatch  roster.Index `json:"if_match,omitempty"`
	IfAbsent bool         `json:"if_absent,omitempty"`
}

// Scale changes how many members a fleet has. Its Result.Value is a Change.
type Scale struct {
	ID      ID           `json:"id"`
	Count   int          `json:"count"`
	IfMatch roster.Index `json:"if_match,omitempty"`
	// Reason, if there is one, is kept as State.Scaled.
	Reason string `json:"reason,omitempty"`
}

// Drop takes a fleet away: its members stop, and when none is left it is gone. Its
// Result.Value is a Change.
type Drop struct {
	ID      ID           `json:"id"`
	IfMatch roster.Index `json:"if_match,omitempty"`
}

// Recall stops a member where it runs, so that it is placed anew: at Node, if that is given
// and has room. If other than zero must be its epoch (Conflict otherwise). Its Result.Value
// is a roster.Change.
type Recall struct {
	Agent  roster.AgentID `json:"agent"`
	If     roster.Epoch   `json:"if,omitempty"`
	Node   roster.NodeID  `json:"node,omitempty"`
	Leave  bool           `json:"leave,omitempty"` // the node that it runs on does not get it again
	Reason string         `json:"reason,omitempty"`
}

// Place puts a member on a node under a new epoch; Node "" takes it off one that is gone.
// If must be its epoch. Its Result.Value is a roster.Change.
type Place struct {
	Agent  roster.AgentID
	If     roster.Epoch
	Node   roster.NodeID
	Reason string
}

// Report says what became of a member on its node: StatusStarting (it is begun anew there,
// under a new epoch), StatusRunning, StatusStopped, StatusFailed, or StatusRegistered (the
// node refuses it). Epoch must be its epoch and Node its node (Conflict otherwise). Its
// Result.Value is a roster.Change.
type Report struct {
	Agent  roster.AgentID
	Epoch  roster.Epoch
	Node   roster.NodeID
	Status roster.Status
	Reason string
}

// Save keeps what a member wants its next activation to know, in place of what it kept
// before. Epoch must be its epoch (Conflict otherwise). No bytes: nothing is kept any more.
// At most StateMax bytes, and StatesMax in a shard (Overloaded). Its Result has no Value; its
// Index is the revision of what is kept.
type Save struct {
	Agent roster.AgentID
	Epoch roster.Epoch
	State []byte // as the node packed it
}

// Change is what a command did to a fleet.
type Change struct {
	Outcome roster.Outcome `json:"outcome"`
	Fleet   State          `json:"fleet"`
}

// Key routes c to the shard of its fleet.
func (c Set) Key() roster.Key { return c.Fleet.ID.Key() }

// Kind returns KindSetFleet.
func (Set) Kind() roster.Kind { return roster.KindSetFleet }

// Key routes c to the shard of its fleet.
func (c Scale) Key() roster.Key { return c.ID.Key() }

// Kind returns KindScaleFleet.
func (Scale) Kind() roster.Kind { return roster.KindScaleFleet }

// Key routes c to the shard of its fleet.
func (c Drop) Key() roster.Key { return c.ID.Key() }

// Kind returns KindDropFleet.
func (Drop) Kind() roster.Kind { return roster.KindDropFleet }

// Key routes c to the shard of its fleet.
func (c Recall) Key() roster.Key { return c.Agent.Key() }

// Kind returns KindRecall.
func (Recall) Kind() roster.Kind { return roster.KindRecall }

// Key routes c to the shard of its fleet.
func (c Place) Key() roster.Key { return c.Agent.Key() }

// Kind returns KindPlace.
func (Place) Kind() roster.Kind { return roster.KindPlace }

// Key routes c to the shard of its fleet.
func (c Save) Key() roster.Key { return c.Agent.Key() }

// Kind returns KindSaveState.
func (Save) Kind() roster.Kind { return roster.KindSaveState }

// Key routes c to the shard of its fleet.
func (c Report) Key() roster.Key { return c.Agent.Key() }

// Kind returns KindReport.
func (Report) Kind() roster.Kind { return roster.KindReport }
