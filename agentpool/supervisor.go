package agentpool

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"roster"
	"roster/agentpool/probe"
	"roster/agentpool/warden"
	"roster/fleet"
	"roster/mailbox"
	"roster/placement"
)

// Agent is one activation of an agent.
type Agent struct {
	ID    roster.AgentID
	Epoch roster.Epoch
	Spec  *fleet.Spec // not changed any more
	// Secret proves, outside of this process, that who calls is this activation.
	Secret string
	// Mail is nil where there is none.
	Mail Mail
	// State is what the activation before has kept; nil where nothing is.
	State State
	// Say reports to the node how the activation is; see [Supervisor.Say].
	Say func(fleet.Standing) error
	// Probe probes the activation as its spec says until ctx ends, or until each, which hears
	// of every probe whether it failed, returns an error. It is for a driver that waits for
	// answers; others leave it to the supervisor.
	Probe func(ctx context.Context, each func(error) error) error
	// Group tells the node which process group a program runs in; a driver calls it.
	Group func(id int)
	// Reclaim is told when the agent is to hold less; see [Self].
	Reclaim func() <-chan struct{}
}

// Mail is how an activation hears messages and sends them; see package mailbox. It is for
// one goroutine at a time.
type Mail interface {
	// Receive finishes the message that it returned before and waits for the next. Once ctx
	// has ended there is none; the one before is finished all the same.
	Receive(ctx context.Context) (mailbox.Delivery, error)
	// Reply answers a message; failed says, instead of a body, why there is no answer.
	Reply(ctx context.Context, m mailbox.Delivery, body json.RawMessage, failed string) error
	// Send sends a message, and with a wait waits so long for the answer.
	Send(ctx context.Context, m mailbox.Message, wait time.Duration) (mailbox.Receipt, error)
}

// State is what an activation keeps for the next one of its agent, wherever that runs.
type State interface {
	// Load returns what was kept last, nil for nothing.
	Load(ctx context.Context) ([]byte, error)
	// Save keeps bytes in place of those, at most fleet.StateMax. It works also while the
	// agent is being stopped, when its context has ended.
	Save(ctx context.Context, state []byte) error
}

// Driver runs agents of one kind.
type Driver interface {
	Name() string
	// Check refuses (Refused) what can never run here.
	Check(s *fleet.Spec) error
	// Run runs an agent until it ends, and returns why; nil is a good end. When ctx ends it
	// has the agent stop, by force when the spec's grace is over, and returns soon after.
	// started is called once, when the agent runs.
	Run(ctx context.Context, a Agent, started func()) error
}

// Opened is a Driver that keeps something ready while a Supervisor uses it.
type Opened interface {
	Driver
	// Open is called before the first Run.
	Open()
	// Close is called when no Run is left, or those that are do not stop; it waits for what is being let go of until ctx
	// ends.
	Close(ctx context.Context) error
}

// Event is what became of an agent: StatusRunning, StatusStopped, StatusFailed, or
// StatusRegistered, which refuses it.
type Event struct {
	Agent  roster.AgentID
	Epoch  roster.Epoch
	Status roster.Status
	Reason string
}

// Config says what a Supervisor works with. Report is needed.
type Config struct {
	Drivers []Driver
	// Room is what there is for all agents; a zero part has no bound.
	Room placement.Resources
	// AgentsMax bounds the agents; 0 is AgentsMax.
	AgentsMax int
	// Mail opens the mail of an activation; nil: there is none.
	Mail func(roster.Actor) Mail
	// State opens what an activation keeps; nil: nothing is.
	State func(roster.Actor) State
	// Report hears what becomes of agents, in order for each.
	Report func(Event)
	// Health hears when it changes how well an agent is that runs, by its probe and its word of
	// itself: from Passing, which it is when it is reported to run for the first time. It
	// returns soon and does not call the supervisor. nil: nobody does.
	Health func(roster.Actor, roster.Health)
	// Dial connects to the endpoints that are probed, host:port; nil uses the operating
	// system's network.
	Dial func(ctx context.Context, address string) (net.Conn, error)
	// Memory says how memory is looked after; its Logger is that of the Supervisor.
	Memory warden.Config
	Logger *slog.Logger // nil discards
}

// AgentsMax bounds the agents of a node that says nothing.
const AgentsMax = 200_000

// Supervisor runs agents. Make one with New.
type Supervisor struct {
	config  Config
	drivers map[string]Driver
	prober  *probe.Prober
	ctx     context.Context
	cancel  context.CancelFunc
	all     sync.WaitGroup
	warden  *warden.Warden
	mu      struct {
		sync.Mutex
		cells map[roster.AgentID]*cell
		// Those whose memory can be told; guarded says that they are looked at.
		watched map[*cell]bool
		guarded bool
		used    placement.Resources
		seats   int // cells, those that are stopping too
		fenced  bool
	}
}

// New returns a Supervisor that runs nothing.
func New(c Config) *Supervisor {
	if c.AgentsMax == 0 {
		c.AgentsMax = AgentsMax
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Supervisor{config: c, drivers: make(map[string]Driver), prober: probe.New(probe.Config{Dial: c.Dial})}
	for _, d := range c.Drivers {
		s.drivers[d.Name()] = d
		if o, ok := d.(Opened); ok {
			o.Open()
		}
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.mu.cells, s.mu.watched = make(map[roster.AgentID]*cell), make(map[*cell]bool)
	s.guard()
	return s
}

// Drivers lists the names of the drivers.
func (s *Supervisor) Drivers() []string {
	var names []string
	for _, d := range s.config.Drivers {
		names = append(names, d.Name())
	}
	return names
}

// Want runs an agent, unless it is known under this epoch. An older epoch of it is stopped
// first. What cannot run here is refused by a report.
func (s *Supervisor) Want(a Agent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.mu.cells[a.ID]
	if s.mu.fenced || old != nil && old.agent.Epoch >= a.Epoch {
		return
	}
	driver, err := s.admit(a)
	if err != nil {
		s.report(a, roster.StatusRegistered, err.Error())
		return
	}
	a.Secret, a.Say = rand.Text(), func(x fleet.Standing) error { return s.Say(roster.Actor{Agent: a.ID, Epoch: a.Epoch}, x) }
	if s.config.Mail != nil {
		a.Mail = s.config.Mail(roster.Actor{Agent: a.ID, Epoch: a.Epoch})
	}
	if s.config.State != nil {
		a.State = s.config.State(roster.Actor{Agent: a.ID, Epoch: a.Epoch})
	}
	ctx, cancel := context.WithCancel(s.ctx)
	c := &cell{s: s, agent: a, driver: driver, before: old, cancel: cancel, done: make(chan struct{}), since: time.Now()}
	c.agent.Probe = c.probe
	if old != nil {
		old.stop(false)
	}
	s.mu.cells[a.ID] = c
	s.seat(a, 1)
	s.all.Go(func() { c.run(ctx) })
}

// admit refuses an agent for which there is no driver or no room.
func (s *Supervisor) admit(a Agent) (Driver, error) {
	driver := s.drivers[a.Spec.Driver]
	if driver == nil {
		return nil, fmt.Errorf("the driver %s is not allowed here", a.Spec.Driver)
	}
	if err := driver.Check(a.Spec); err != nil {
		return nil, err
	}
	if a.Spec.Probe.Kind != "" {
		if _, err := probe.TargetOf(a.ID, a.Spec); err != nil {
			return nil, fmt.Errorf("its probe: %w", err)
		}
	}
	need, room := a.Spec.Resources, s.config.Room
	switch {
	case s.mu.seats >= s.config.AgentsMax:
		return nil, fmt.Errorf("full: %d agents", s.mu.seats)
	case s.warden.Short() != "":
		return nil, errors.New(s.warden.Short())
	case room.CPU > 0 && s.mu.used.CPU+need.CPU > room.CPU:
		return nil, fmt.Errorf("full: %d of %d thousandths of a core are taken, and it wants %d", s.mu.used.CPU, room.CPU, need.CPU)
	case room.Memory > 0 && s.mu.used.Memory+need.Memory > room.Memory:
		return nil, fmt.Errorf("full: %d of %d bytes of memory are taken, and it wants %d", s.mu.used.Memory, room.Memory, need.Memory)
	}
	return driver, nil
}

// seat takes or gives back what an agent takes.
func (s *Supervisor) seat(a Agent, sign int) {
	s.mu.seats += sign
	s.mu.used.CPU += int64(sign) * a.Spec.Resources.CPU
	s.mu.used.Memory += int64(sign) * a.Spec.Resources.Memory
}

func (s *Supervisor) report(a Agent, status roster.Status, reason string) {
	s.config.Report(Event{a.ID, a.Epoch, status, reason})
}

// Stop stops an agent and reports StatusStopped when it has ended; at once, if it is not
// known under this epoch.
func (s *Supervisor) Stop(id roster.AgentID, epoch roster.Epoch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.mu.cells[id]; c != nil && c.agent.Epoch == epoch {
		c.stop(true)
		return
	}
	s.config.Report(Event{id, epoch, roster.StatusStopped, "it does not run here"})
}

// Drop stops an agent that is none of this node's any more, and reports nothing.
func (s *Supervisor) Drop(id roster.AgentID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.mu.cells[id]; c != nil {
		c.stop(false)
	}
}

// Knows reports whether an agent is known under an epoch, and not stopping; one that is
// stopped for its node's memory is known until that is reported.
func (s *Supervisor) Knows(id roster.AgentID, epoch roster.Epoch) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.mu.cells[id]
	return c != nil && c.agent.Epoch == epoch && (!c.stopped || c.memory.moved != "")
}

// Proves reports whether a secret is that of an activation that is known here.
func (s *Supervisor) Proves(a roster.Actor, secret string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.mu.cells[a.Agent]
	return c != nil && !s.mu.fenced && c.agent.Epoch == a.Epoch && subtle.ConstantTimeCompare([]byte(c.agent.Secret), []byte(secret)) == 1
}

// Spec returns the spec of an agent that is known here, or nil.
func (s *Supervisor) Spec(id roster.AgentID) *fleet.Spec {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.mu.cells[id]; c != nil {
		return c.agent.Spec
	}
	return nil
}

// Agents lists the ids of the agents that are known here.
func (s *Supervisor) Agents() []roster.AgentID {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := make([]roster.AgentID, 0, len(s.mu.cells))
	for id := range s.mu.cells {
		ids = append(ids, id)
	}
	return ids
}

// Usage returns what is taken, by the agents that are stopping too.
func (s *Supervisor) Usage() placement.Usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return placement.Usage{Resources: s.mu.used, Agents: s.mu.seats}
}

// Fence stops every agent at once, reports nothing, and runs none until it is lifted.
func (s *Supervisor) Fence(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.fenced = on
	if !on {
		return
	}
	for _, c := range s.mu.cells {
		c.stop(false)
	}
}

// Close stops every agent and waits for them, or until ctx ends. Then it closes the drivers.
func (s *Supervisor) Close(ctx context.Context) error {
	s.Fence(true)
	s.cancel()
	done := make(chan struct{})
	go func() {
		s.all.Wait()
		close(done)
	}()
	var errs []error
	select {
	case <-done:
	case <-ctx.Done():
		errs = append(errs, fmt.Errorf("%d agents do not stop: %w", s.Usage().Agents, ctx.Err()))
	}
	for _, d := range s.config.Drivers {
		if o, ok := d.(Opened); ok {
			errs = append(errs, o.Close(ctx))
		}
	}
	return errors.Join(errs...)
}
