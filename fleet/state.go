package fleet

import "roster"

const (
	// StateMax bounds what a member keeps, in bytes, both as it is and packed.
	StateMax = 256 << 10
	// PackedMax bounds it as it is stored: a byte says how it is packed.
	PackedMax = StateMax + 1
	// StatesMax bounds what the members of one shard keep, in bytes.
	StatesMax = 256 << 20
)

// StateTooLarge is what a refusal says.
const StateTooLarge = "a member keeps at most 256 KiB"

// Saved is what a member has kept for its next activation. It is kept in the member's shard,
// and goes when the member is taken off the roll.
type Saved struct {
	Agent    roster.AgentID  `json:"agent"`
	Epoch    roster.Epoch    `json:"epoch"`    // of the activation that kept it
	Revision roster.Index    `json:"revision"` // of the command that did
	At       roster.WallTime `json:"at"`
	State    []byte          `json:"state"` // in base64
}
