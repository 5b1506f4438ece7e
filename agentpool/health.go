package agentpool

import (
	"context"
	"errors"
	"time"

	"roster"
	"roster/agentpool/probe"
	"roster/fleet"
)

// wellness is how well an activation is: by its probe and by its word, whichever is worse.
// All of it stands under the supervisor's lock.
type wellness struct {
	running bool      // the present run has begun to work
	since   time.Time // when it did
	seen    *probe.Window
	probe   roster.Health
	word    roster.Health
	told    roster.Health
}

// begin is called as a run begins. What was seen of the runs before stays: one that was
// critical is so until it answers.
func (w *wellness) begin() {
	w.running, w.word = false, roster.Health{}
}

// ofWord is how well an agent is by what it says.
func ofWord(x fleet.Standing) roster.Health {
	if x.Word != fleet.Overloaded && x.Word != fleet.Finishing {
		return roster.Health{}
	}
	h := roster.Health{State: roster.Warning, Reason: string(x.Word)}
	if x.Progress != "" {
		h.Reason += ": " + x.Progress
	}
	return h
}

// worst returns the worse of the two; the zero Health is Passing.
func (w *wellness) worst() roster.Health {
	switch {
	case w.probe.State == roster.Critical || w.word.State == "" && w.probe.State != "":
		return w.probe
	case w.word.State != "":
		return w.word
	}
	return roster.Health{State: roster.Passing}
}

// runs is called when a run has begun to work.
func (c *cell) runs() {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.health.told.State == "" {
		c.health.told = roster.Health{State: roster.Passing}
	}
	c.health.running, c.health.since = true, time.Now()
	c.tellHealth()
}

// tellHealth says how the activation is, if that has changed since it was last said. The
// supervisor's lock is held, so that what is said last is newest.
func (c *cell) tellHealth() {
	w := &c.health
	h := w.worst()
	if !w.running || c.stopped || h == w.told {
		return
	}
	w.told = h
	if c.s.config.Health != nil {
		c.s.config.Health(roster.Actor{Agent: c.agent.ID, Epoch: c.agent.Epoch}, h)
	}
}

// watch probes a run once it is running, if its spec says so and its driver does not do it
// itself. It returns what ends that, and waits until it has.
func (c *cell) watch(ctx context.Context, cancel context.CancelFunc, running <-chan struct{}) func() {
	if c.agent.Spec.Probe.Kind == "" || c.agent.Spec.Driver == fleet.Remote {
		return func() {}
	}
	done := make(chan struct{})
	c.s.all.Go(func() {
		defer close(done)
		select {
		case <-running:
			_ = c.probe(ctx, nil) // it can be probed: that was looked at when it was admitted
		case <-ctx.Done():
		}
	})
	return func() {
		cancel()
		<-done
	}
}

// probe is Agent.Probe.
func (c *cell) probe(ctx context.Context, each func(error) error) error {
	t, err := probe.TargetOf(c.agent.ID, c.agent.Spec)
	if err != nil {
		return err
	}
	t.Said, t.Soon = c.heard, each != nil
	return c.s.prober.Keep(ctx, t, func(o probe.Outcome) error {
		var err error
		if o.Failed {
			err = errors.New(t.What() + ": " + o.Text)
		}
		if each != nil {
			if err := each(err); err != nil {
				return err
			}
		}
		c.saw(t, o)
		return nil
	})
}

// heard tells when a run has last said something: by beginning to work, at least.
func (c *cell) heard() time.Time {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.said.IsZero() && c.health.running {
		return c.health.since
	}
	return c.said
}

// saw judges a run that works by one probe more. Only another state is told: figures alone
// are nothing to write down.
func (c *cell) saw(t probe.Target, o probe.Outcome) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	w := &c.health
	if !w.running {
		return
	}
	if w.seen == nil {
		w.seen = &probe.Window{}
	}
	w.seen.Add(o, time.Duration(t.Probe.Slow))
	h := w.seen.Judge(t.Probe, t.What())
	if h.State == roster.Passing {
		h = roster.Health{}
	}
	if h.State != w.probe.State {
		w.probe = h
		c.tellHealth()
	}
}
