package agentpool

import (
	"context"
	"fmt"
	"maps"
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
	// State is what its activations keep for each other; nil where nothing is.
	State State
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

// Inproc runs functions, each in a goroutine, and warm entries. A function that does not
// return when its context ends cannot be stopped by force: its seat stays taken until it does.
type Inproc struct {
	entries map[string]Func
	warm    map[string]*warmEntry
	blobs   *shared.Blobs
}

// NewInproc returns a driver for the functions of these names, and for warm entries, whose
// names are none of these. One with warm entries is for one Supervisor at a time.
func NewInproc(entries map[string]Func, warm ...Warm) *Inproc {
	d := &Inproc{entries: entries, warm: make(map[string]*warmEntry), blobs: shared.New(shared.Bounds{})}
	for _, w := range warm {
		d.warm[w.Name] = &warmEntry{Warm: w}
	}
	return d
}

// Name is fleet.Inproc.
func (d *Inproc) Name() string { return fleet.Inproc }

// Entries lists the names, in order.
func (d *Inproc) Entries() []string {
	names := slices.AppendSeq(slices.Collect(maps.Keys(d.entries)), maps.Keys(d.warm))
	slices.Sort(names)
	return names
}

// Check refuses a name that is not registered.
func (d *Inproc) Check(s *fleet.Spec) error {
	if d.entries[s.Entry] == nil && d.warm[s.Entry] == nil {
		return roster.Errorf(roster.CodeRefused, "there is no entry %q here", s.Entry)
	}
	return nil
}

// Run calls the function, or a warm worker's.
func (d *Inproc) Run(ctx context.Context, a Agent, started func()) (err error) {
	holder := d.blobs.Holder()
	defer holder.Close()
	self := Self{ID: a.ID, Epoch: a.Epoch, Env: a.Spec.Env, Mail: a.Mail, State: a.State, Ready: started, Say: a.Say, Reclaim: a.Reclaim, Shared: holder}
	if w := d.warm[a.Spec.Entry]; w != nil {
		return w.run(ctx, self)
	}
	f := d.entries[a.Spec.Entry]
	if f == nil {
		return fmt.Errorf("there is no entry %q here", a.Spec.Entry)
	}
	return f(ctx, self)
}
