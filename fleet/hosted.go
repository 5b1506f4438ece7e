package fleet

import (
	"context"

	"roster"
)

// Hosted is the part of the contract by which a running member keeps something for its next
// activation and says how it is. Who calls Save and Say is that member, and proves it: see
// package acting; Denied otherwise.
type Hosted interface {
	// State returns what a member keeps, or NotFound.
	State(ctx context.Context, id roster.AgentID, r roster.Read) (Saved, roster.Stamp, error)
	// Save keeps bytes, at most StateMax, in place of what the member kept before; none:
	// nothing is kept any more. Conflict for an activation that was replaced.
	Save(ctx context.Context, id roster.AgentID, state []byte) (roster.Stamp, error)
	// Say reports how the member is.
	Say(ctx context.Context, id roster.AgentID, s Standing) error
	// Standing returns what a member has last said of itself on its node. NotFound when it
	// runs nowhere or has said nothing.
	Standing(ctx context.Context, id roster.AgentID) (Said, error)
}
