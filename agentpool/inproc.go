package agentpool

import (
	"context"
	"fmt"
	"slices"

	"roster"
	"roster/agentpool/shared"
	"roster/fleet"
)

// Func is an agent that is a function of this program: it runs until ctx ends or it
// returns. It calls Ready once it works.
type Func func(ctx context.Context, self Self) error

// Self is what an agent that is a function knows of itself.
type Self struct {
	ID    roster.AgentID
	Epoch roster.Epoch
	Env   roster.Map
	// Mail is what other agents say to it, and it to them; nil where there is none.
	Mail Mail
	// Ready says that the agent works: until then it is starting.
	Ready func()
	// Say reports how the agent is, in place of what it said before.
	Say func(fleet.Standing) error
	// Reclaim returns a channel that is told when the agent is above its soft limit, or its
	// node is short of memory: it lets go what it can do without, and says what it takes then.
	Reclaim func() <-chan struct{}
	// Shared is what agents of this node read together; what this one has taken of it is given
	// back when it ends.
	Shared *shared.Holder
}

// Inproc runs functions, each in a goroutine. A function that does not return when its
// context ends cannot be stopped by force: its seat stays taken until it does.
type Inproc struct {
	entries map[string]Func
	blobs   *shared.Blobs
}

// NewInproc returns a driver for the functions of these names.
func NewInproc(entries map[string]Func) *Inproc {
	return &Inproc{entries, shared.New(shared.Bounds{})}
}

// Name is fleet.Inproc.
func (d *Inproc) Name() string { return fleet.Inproc }

// Entries lists the names, in order.
func (d *Inproc) Entries() []string {
	names := make([]string, 0, len(d.entries))
	for name := range d.entries {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Check refuses a name that is not registered.
func (d *Inproc) Check(s *fleet.Spec) error {
	if d.entries[s.Entry] == nil {
		return roster.Errorf(roster.CodeRefused, "there is no entry %q here", s.Entry)
	}
	return nil
}

// Run calls the function.
func (d *Inproc) Run(ctx context.Context, a Agent, started func()) (err error) {
	f := d.entries[a.Spec.Entry]
	if f == nil {
		return fmt.Errorf("there is no entry %q here", a.Spec.Entry)
	}
	holder := d.blobs.Holder()
	defer holder.Close()
	return f(ctx, Self{ID: a.ID, Epoch: a.Epoch, Env: a.Spec.Env, Mail: a.Mail, Ready: started, Say: a.Say, Reclaim: a.Reclaim, Shared: holder})
}
