package agentpool

import (
	"context"
	"time"

	"roster"
	"roster/fleet"
)

// Running is one activation that is here, with what it has last said of itself.
type Running struct {
	Agent
	Standing fleet.Standing
	Said     time.Time // zero: it has said nothing since it was started
}

// begin is called as a run of the agent begins, which has said nothing yet.
func (c *cell) begin(started func(), finish context.CancelFunc) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.started, c.finish, c.finished = started, finish, false
	c.standing, c.said = fleet.Standing{}, time.Time{}
	c.health.begin()
	c.memory.run, c.memory.over = time.Now(), nil
}

// verdict says what the end of a run was, which returned err: good, if the agent has said
// that it is done.
func (c *cell) verdict(err error) error {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.rest()
	switch {
	case c.finished:
		return nil
	case c.memory.over != nil:
		return c.memory.over
	}
	return err
}

// Say takes what an activation says of itself: its first word other than Done is that it
// runs, Done that it has ended well. Conflict when it is not here.
func (s *Supervisor) Say(a roster.Actor, x fleet.Standing) error {
	if err := x.Validate(); err != nil {
		return err
	}
	s.mu.Lock()
	c := s.mu.cells[a.Agent]
	if c == nil || c.agent.Epoch != a.Epoch || c.stopped || c.started == nil {
		s.mu.Unlock()
		return roster.Errorf(roster.CodeConflict, "%s does not run here under epoch %d", a.Agent, a.Epoch)
	}
	changed := c.standing.Word != x.Word
	c.standing, c.said = x, time.Now()
	if x.Memory > 0 && c.memory.group == 0 {
		c.weigh()
	}
	started, finish := c.started, c.finish
	if changed && x.Word != fleet.Done { // who is done is not well again: it ends
		c.health.word = ofWord(x)
		c.tellHealth()
	}
	c.finished = c.finished || x.Word == fleet.Done
	s.mu.Unlock()
	if x.Word == fleet.Done {
		finish()
		return nil
	}
	started()
	return nil
}

// Running returns one activation that is here and is not stopping.
func (s *Supervisor) Running(id roster.AgentID) (Running, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.mu.cells[id]
	if c == nil || c.stopped {
		return Running{}, false
	}
	return Running{c.agent, c.standing, c.said}, true
}

// All returns every activation that is here and is not stopping, in no order.
func (s *Supervisor) All() []Running {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Running, 0, len(s.mu.cells))
	for _, c := range s.mu.cells {
		if !c.stopped {
			all = append(all, Running{c.agent, c.standing, c.said})
		}
	}
	return all
}
