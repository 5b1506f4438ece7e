package daemon

import (
	"context"
	"fmt"
	"strings"
	"time"

	"crypto/rand"

	"roster"
	"roster/node"
)

// demoTTL keeps the demo agents over a pause of the machine, and lets those of a run
// that was killed go soon.
const demoTTL = 5 * time.Second

// demoRoles are what the demo agents can do, with a word about each.
func demoRoles() []roster.Pair {
	return []roster.Pair{
		{Key: "translator", Value: "Translates text between languages"},
		{Key: "planner", Value: "Breaks a goal into steps"},
		{Key: "coder", Value: "Writes and changes code"},
		{Key: "reviewer", Value: "Reviews what others wrote"},
	}
}

// demoAgents returns the dozen that "dev" registers.
func demoAgents(session roster.SessionID) []roster.Register {
	var out []roster.Register
	for _, role := range demoRoles() {
		for n := 1; n <= 3; n++ {
			tier := "silver"
			if n == 1 {
				tier = "gold"
			}
			out = append(out, roster.Register{Mode: roster.ModePut, Agent: roster.Agent{
				ID:           roster.AgentID(fmt.Sprintf("demo/%s-%d", role.Key, n)),
				Capabilities: []roster.Capability{{Name: role.Key, Version: "1.0"}},
				Labels:       roster.Map{{Key: "tier", Value: tier}},
				Description:  role.Value,
				Session:      session,
			}.Canonical()})
		}
	}
	return out
}

// demoService is a node that is ready only when it shows the demo agents.
type demoService struct{ *node.Node }

// Ready adds whether the demo agents are visible here.
func (s demoService) Ready(ctx context.Context) ([]roster.Check, error) {
	checks, err := s.Node.Ready(ctx)
	if err != nil {
		return nil, err
	}
	check := roster.Check{Name: "demo", OK: true, Detail: "every demo agent is visible"}
	var missing []string
	for _, item := range demoAgents("") {
		if _, _, err := s.Lookup(ctx, item.Agent.ID, roster.Read{}); err != nil {
			missing = append(missing, string(item.Agent.ID))
		}
	}
	if len(missing) > 0 {
		check.OK, check.Detail = false, "not visible yet: "+strings.Join(missing, ", ")
	}
	return append(checks, check), nil
}

// demo keeps the demo agents on the roll.
type demo struct {
	service roster.Service
	session roster.SessionID
	cancel  context.CancelFunc
	ended   chan error
}

// enrol opens the session, registers the agents under it, and holds it.
func enrol(ctx context.Context, s roster.Service) (*demo, error) {
	d := &demo{service: s, session: roster.SessionID("dev-" + strings.ToLower(rand.Text())), ended: make(chan error, 1)}
	open := func(ctx context.Context) error {
		_, _, err := s.Do(ctx, roster.OpenSession{ID: d.session, TTL: roster.Duration(demoTTL)})
		if roster.CodeOf(err) == roster.CodeConflict { // a try whose answer was lost
			return nil
		}
		return err
	}
	if err := until(ctx, open); err != nil {
		return nil, err
	}
	holding, cancel := context.WithCancel(context.WithoutCancel(ctx))
	d.cancel = cancel
	go func() { d.ended <- s.HoldSession(holding, d.session, func() {}) }()
	err := until(ctx, func(ctx context.Context) error { return registerAll(ctx, s, demoAgents(d.session)) })
	if err != nil {
		d.stop(ctx, false)
	}
	return d, err
}

// registerAll returns the first refusal. The agents of a run that was killed are
// refused until their session has run out.
func registerAll(ctx context.Context, s roster.Service, items []roster.Register) error {
	results, _, err := s.RegisterBatch(ctx, items)
	if err != nil {
		return err
	}
	for _, result := range results {
		if result.Err != nil {
			return result.Err
		}
	}
	return nil
}

// stop lets the session go, and ends it where that outlives this run.
func (d *demo) stop(ctx context.Context, end bool) {
	if end {
		ctx, cancel := context.WithTimeout(ctx, drainFor)
		defer cancel()
		// It runs out by itself when this does not succeed.
		_, _, _ = d.service.Do(ctx, roster.EndSession{ID: d.session})
	}
	d.cancel()
	<-d.ended
}
