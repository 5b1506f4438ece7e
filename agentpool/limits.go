package agentpool

import (
	"errors"
	"time"

	"roster"
	"roster/agentpool/warden"
	"roster/fleet"
)

// held is what is known of an agent's memory and being done about it, under the
// supervisor's lock.
type held struct {
	run   time.Time // when the present run began
	group int       // the process group of that run
	over  error     // why that run is being ended
	ask   chan struct{}
	// moved is why the agent is stopped for its node's sake, and becomes what it is then.
	moved   string
	becomes roster.Status
}

// guarded is a Supervisor as its warden sees it.
type guarded struct{ *Supervisor }

// guard makes the warden, and has it look if the node has a rule to hold.
func (s *Supervisor) guard() {
	memory := s.config.Memory
	memory.Logger = s.config.Logger
	s.warden = warden.New(memory, guarded{s})
	if memory.Total > 0 {
		s.mu.guarded = true
		s.all.Go(func() { s.warden.Run(s.ctx) })
	}
}

// Actions returns the last actions that were taken about memory, the oldest first.
func (s *Supervisor) Actions() []warden.Action { return s.warden.Actions() }

// weigh has the warden look at an agent; the lock is held. The first has it begin: a node
// whose agents say nothing of their memory has no such goroutine.
func (c *cell) weigh() {
	s := c.s
	_, bound := c.agent.Spec.Bound()
	if !bound && s.config.Memory.Total == 0 || c.agent.Spec.Driver == fleet.Remote || s.mu.watched[c] {
		return
	}
	s.mu.watched[c] = true
	if s.mu.guarded {
		s.warden.Wake()
		return
	}
	s.mu.guarded = true
	s.all.Go(func() { s.warden.Run(s.ctx) })
}

// rest is called when a run has ended, which takes nothing any more; the lock is held.
func (c *cell) rest() {
	c.memory.group = 0
	delete(c.s.mu.watched, c)
}

// grouped notes in which process group the present run is.
func (c *cell) grouped(id int) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.memory.group = id
	c.weigh()
}

// reclaim returns the channel on which the agent is asked for less; it is made for those
// that listen.
func (c *cell) reclaim() <-chan struct{} {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.memory.ask == nil {
		c.memory.ask = make(chan struct{}, 1)
	}
	return c.memory.ask
}

// Watched lists the agents whose memory can be told, those that are stopping too.
func (p guarded) Watched(into []warden.Agent) []warden.Agent {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.mu.watched {
		into = append(into, warden.Agent{Actor: roster.Actor{Agent: c.agent.ID, Epoch: c.agent.Epoch}, Spec: c.agent.Spec, Since: c.since, Began: c.memory.run,
			Group: c.memory.group, Said: int64(c.standing.Memory), SaidAt: c.said, Leaving: c.stopped, Ending: c.memory.over != nil})
	}
	return into
}

// cell returns an activation that is here and not stopping, or nil; the lock is held.
func (p guarded) cell(a roster.Actor) *cell {
	if c := p.mu.cells[a.Agent]; c != nil && c.agent.Epoch == a.Epoch && !c.stopped {
		return c
	}
	return nil
}

// Ask tells a function on its channel, if it listens, and a program by a signal: one that
// has said it speaks to its node, and that has a handler. The signal ends any other.
func (p guarded) Ask(a roster.Actor) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.cell(a)
	switch {
	case c == nil:
		return false
	case c.memory.group != 0:
		return c.agent.Spec.Announces && signalReclaim(p.config.Memory.Meter, c.memory.group)
	case c.memory.ask == nil:
		return false
	}
	select {
	case c.memory.ask <- struct{}{}:
	default: // it has not heard the last one yet
	}
	return true
}

// End ends the present run as a failure.
func (p guarded) End(a roster.Actor, why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.cell(a)
	switch {
	case c == nil || c.finish == nil:
	case c.memory.over == nil:
		c.memory.over = errors.New(why)
		c.finish()
	case c.memory.group != 0:
		signalKill(c.memory.group)
	}
}

// Move stops an agent, and reports then that it is refused here, so that it is placed
// elsewhere; or that it has failed.
func (p guarded) Move(a roster.Actor, why string, again bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.cell(a)
	if c == nil {
		return
	}
	c.memory.moved, c.memory.becomes = clip(why), roster.StatusFailed
	if again {
		c.memory.becomes = roster.StatusRegistered
	}
	c.stop(true)
}

// clip cuts a reason to what the log takes.
func clip(why string) string { return why[:min(len(why), fleet.ReasonMax)] }
