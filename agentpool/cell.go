package agentpool

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"roster"
	"roster/fleet"
)

const (
	// PauseMax bounds the pause before a restart.
	PauseMax = time.Minute
	// ignoredAfter is how long, beyond its grace, an agent may take to stop before that is
	// reported: its driver should have ended it.
	ignoredAfter = 2 * time.Second
	// wasStopped is the reason of an end that was wanted.
	wasStopped = "it was stopped"
)

// cell is one activation of an agent, and the goroutine that runs it.
type cell struct {
	s      *Supervisor
	agent  Agent
	driver Driver
	before *cell // the activation before, which must have ended first
	cancel context.CancelFunc
	done   chan struct{} // closed when it has ended
	since  time.Time
	// tell is set, under the supervisor's lock, when the end is to be reported.
	tell, stopped bool
	// What it has said of itself, and when, also under that lock. started says that it runs.
	standing fleet.Standing
	said     time.Time
	started  func()
	finish   context.CancelFunc // ends the present run, as if the agent had returned
	finished bool
	health   wellness
	memory   held
}

// stop has the agent stop; the supervisor's lock is held.
func (c *cell) stop(tell bool) {
	c.tell = c.tell || tell
	if c.stopped {
		return
	}
	c.stopped = true
	c.cancel()
	late := time.AfterFunc(c.agent.Spec.Grace()+ignoredAfter, func() {
		c.s.config.Logger.Warn("an agent ignores that it is to stop", "agent", c.agent.ID, "epoch", uint64(c.agent.Epoch))
	})
	c.s.all.Go(func() {
		<-c.done
		late.Stop()
	})
}

// run runs the agent until it is stopped, has ended for good or is given up.
func (c *cell) run(ctx context.Context) {
	defer c.cancel()
	if c.before != nil {
		<-c.before.done
		c.before = nil
	}
	status, reason := c.keep(ctx)
	c.leave(status, reason)
}

// leave gives the seat back, and then says what became of the agent.
func (c *cell) leave(status roster.Status, reason string) {
	s := c.s
	s.mu.Lock()
	s.seat(c.agent, -1)
	if s.mu.cells[c.agent.ID] == c {
		delete(s.mu.cells, c.agent.ID)
	}
	tell := !c.stopped || c.tell
	if c.memory.moved != "" && reason == wasStopped { // or else it had ended by itself
		status, reason = c.memory.becomes, c.memory.moved
	}
	s.mu.Unlock()
	close(c.done)
	if tell {
		s.report(c.agent, status, reason)
	}
}

// keep runs the agent again and again, as its spec says.
func (c *cell) keep(ctx context.Context) (roster.Status, string) {
	rule := c.agent.Spec.Restart
	most, within, pause := rule.Limits()
	var restarts []time.Time
	for ctx.Err() == nil {
		err := c.once(ctx)
		err = c.verdict(err)
		switch {
		case ctx.Err() != nil:
		case errors.Is(err, errUnanswered): // it is not run here: nothing can be begun again
			return roster.StatusFailed, err.Error()
		case !rule.Again(err != nil) && err != nil:
			return roster.StatusFailed, err.Error()
		case !rule.Again(err != nil):
			return roster.StatusStopped, "it ended"
		}
		now := time.Now()
		for len(restarts) > 0 && now.Sub(restarts[0]) >= within {
			restarts = restarts[1:]
		}
		if len(restarts) >= most && ctx.Err() == nil {
			return roster.StatusFailed, fmt.Sprintf("it ended %d times within %v, the last time %s", len(restarts)+1, within, ending(err))
		}
		restarts = append(restarts, now)
		wait(ctx, min(pause<<min(len(restarts)-1, 20), max(PauseMax, pause)))
	}
	return roster.StatusStopped, wasStopped
}

func ending(err error) string {
	if err == nil {
		return "without an error"
	}
	return "with: " + err.Error()
}

// once runs the agent; a panic of its driver's is an error like others.
func (c *cell) once(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	running := make(chan struct{})
	started := sync.OnceFunc(func() {
		c.s.report(c.agent, roster.StatusRunning, "")
		c.runs()
		close(running)
	})
	c.begin(started, cancel)
	defer c.watch(ctx, cancel, running)()
	if c.agent.Spec.Announces {
		started = func() {} // it is running when it says so
	}
	a := c.agent
	a.Group, a.Reclaim = c.grouped, c.reclaim
	return c.driver.Run(ctx, a, started)
}

// wait returns after d, or when ctx ends.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
