package agentpool

import (
	"context"
	"errors"
	"fmt"
	"time"

	"roster/agentpool/probe"
	"roster/fleet"
)

// Remote watches agents that run themselves: it probes them as their spec says, and without
// a probe their first endpoint, http and https by a GET that must answer below 400, anything
// else by a connection. One that answers runs; one that answers no more is critical, and is
// given up as failed after GiveUpAfter, so that another node may try to reach it.
type Remote struct {
	// GiveUpAfter is how long an agent may be without an answer; 0 is GiveUpAfter.
	GiveUpAfter time.Duration
}

// GiveUpAfter is how long an agent that runs itself may be without an answer.
const GiveUpAfter = 5 * time.Minute

// errUnanswered is why an agent that runs itself is given up.
var errUnanswered = errors.New("no probe was answered")

// Name is fleet.Remote.
func (d *Remote) Name() string { return fleet.Remote }

// Check refuses an endpoint that cannot be probed.
func (d *Remote) Check(s *fleet.Spec) error {
	_, err := probe.TargetOf("", s)
	return err
}

// Run probes until ctx ends or the agent is given up.
func (d *Remote) Run(ctx context.Context, a Agent, started func()) error {
	most, last := d.GiveUpAfter, time.Now()
	if most == 0 {
		most = GiveUpAfter
	}
	return a.Probe(ctx, func(missed error) error {
		switch {
		case missed == nil:
			last = time.Now()
			started()
		case time.Since(last) >= most:
			return fmt.Errorf("%w within %v: %w", errUnanswered, most, missed)
		}
		return nil
	})
}
