package fleet

import (
	"time"

	"roster"
)

// State is what its shard knows of a fleet.
type State struct {
	Fleet
	Revision roster.Index `json:"revision"`
	// Generation is the revision of the spec: members that were placed under an older one
	// are replaced, one after the other.
	Generation roster.Index    `json:"generation"`
	Dropped    bool            `json:"dropped,omitempty"` // it goes when its last member has
	CreatedAt  roster.WallTime `json:"created_at"`
	UpdatedAt  roster.WallTime `json:"updated_at"`
	Shard      roster.ShardID  `json:"shard"`
	// Made is how many members have been entered: it follows Count.
	Made int `json:"-"`
	// Scaled is the last time that Count was changed for the fleet's load.
	Scaled Scaled `json:"scaled,omitzero"`
	// Members says how many are in each status, Current how many run by the newest spec; a
	// reader counts them.
	Members map[roster.Status]int `json:"members,omitempty"`
	Current int                   `json:"current"`
}

// Scaled is a change of a fleet's count for a reason.
type Scaled struct {
	At     roster.WallTime `json:"at"`
	From   int             `json:"from"`
	To     int             `json:"to"`
	Reason string          `json:"reason"` // the figures that it follows from
}

// Run is what a shard knows of a member beside its record.
type Run struct {
	Generation roster.Index   `json:"generation"` // of the spec that it was placed under; 0: not yet
	Since      roster.LogTime `json:"-"`          // of its status
	Reason     string         `json:"reason"`     // why it is where it is, or what became of it
	Failures   int            `json:"failures"`   // in a row
	// Again is when one that failed is placed again; 0: not by itself.
	Again roster.LogTime `json:"-"`
	// Wish is the node to which an operator wants it; Shun are nodes that do not get it.
	Wish roster.NodeID `json:"wish,omitempty"`
	Shun []Shunned     `json:"shun,omitempty"`
}

// Shunned is a node that refused a member, or where it failed.
type Shunned struct {
	Node  roster.NodeID  `json:"node"`
	Until roster.LogTime `json:"-"`
}

const (
	// ShunMax bounds the nodes that a member shuns; the oldest is forgotten.
	ShunMax = 8
	// ShunFull is how long a node that had no room is not asked again.
	ShunFull = roster.LogTime(10 * time.Second)
	// AgainFirst is the pause before a member that failed is placed again. It doubles with
	// each failure in a row, up to AgainMax.
	AgainFirst = roster.LogTime(time.Second)
	// AgainMax bounds that pause.
	AgainMax = roster.LogTime(5 * time.Minute)
	// Calm is how long a member must have run to be taken for sound: then failures are
	// counted from one again.
	Calm = roster.LogTime(10 * time.Minute)
)

// Pause returns how long a member that has failed so often in a row waits.
func Pause(failures int) roster.LogTime {
	return min(AgainFirst<<min(max(failures-1, 0), 16), AgainMax)
}

// Shuns lists the nodes that do not get the member at log time now. Those of hard do not
// even where no other fits: they have said no a moment ago.
func (r *Run) Shuns(now roster.LogTime) (all, hard []roster.NodeID) {
	for _, s := range r.Shun {
		if s.Until > now {
			all = append(all, s.Node)
		}
		if s.Until > now && s.Until <= now+ShunFull {
			hard = append(hard, s.Node)
		}
	}
	return all, hard
}

// Avoid returns the shunned nodes with one more, those whose time is over left out.
func (r *Run) Avoid(node roster.NodeID, now, until roster.LogTime) []Shunned {
	var out []Shunned
	for _, s := range r.Shun {
		if s.Until > now && s.Node != node {
			out = append(out, s)
		}
	}
	out = append(out, Shunned{node, until})
	return out[max(0, len(out)-ShunMax):]
}
