package workload

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"roster"
	"roster/client"
)

// hold opens the sessions of the profile, gives each an agent of the population, and
// keeps them while keeping stands, as the agents themselves would: each on its own.
func (s *stage) hold(ctx, keeping context.Context, all *sync.WaitGroup) error {
	group, opening := errgroup.WithContext(ctx)
	group.SetLimit(fillLanes * fillLanes)
	ids := make([]roster.SessionID, s.sessions)
	for i := range ids {
		ids[i] = roster.SessionID(fmt.Sprintf("%s-%d", s.session, i))
		group.Go(func() error { return s.holdOne(opening, i, ids[i]) })
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("cannot open the sessions of the load: %w", err)
	}
	for i, id := range ids {
		c := s.beside[i%len(s.beside)]
		all.Go(func() {
			s.keep(keeping, c, id, roster.SessionTTL, func() { s.acknowledged.Doubt(holder(s.namespace, i).ID) })
		})
	}
	return nil
}

// holdOne opens a session and lets it hold an agent of its own.
func (s *stage) holdOne(ctx context.Context, i int, id roster.SessionID) error {
	c := s.beside[i%len(s.beside)]
	if _, _, err := c.OpenSession(ctx, id, roster.SessionTTL); err != nil {
		return err
	}
	a := holder(s.namespace, i)
	a.Session = id
	change, _, err := c.Register(ctx, roster.Register{Agent: a, Mode: roster.ModePut})
	if err == nil {
		s.acknowledged.Wrote(a.ID, change.Record.Revision)
	}
	return err
}

// holder is the agent that session number i holds.
func holder(namespace string, i int) roster.Agent { return agent(namespace, "holder", uint64(i)) }

// keep renews a session four times in each TTL until ctx ends. Where it ends
// nevertheless, late or not, what it held may be gone.
func (s *stage) keep(ctx context.Context, c *client.Client, id roster.SessionID, ttl time.Duration, lost func()) {
	s.lives.Kept()
	renewed := time.Now()
	for pause(ctx, ttl/4-rand.N(ttl/12)) == nil { // jittered, as agents do not renew together
		sent := time.Now()
		renewing, cancel := context.WithTimeout(ctx, ttl/3)
		errs, err := c.RenewSessions(renewing, []roster.SessionID{id})
		cancel()
		if err == nil {
			err = errs[0]
		}
		switch roster.CodeOf(err) {
		case "":
			renewed = sent
		case roster.CodeGone, roster.CodeNotFound:
			lost()
			s.lives.Ended(id, time.Since(renewed), ttl)
			return
		}
	}
}

// release ends the sessions, so that their agents go.
func (s *stage) release(ctx context.Context) {
	var group errgroup.Group
	group.SetLimit(fillLanes * fillLanes)
	for i := range s.sessions {
		group.Go(func() error {
			_, err := s.beside[i%len(s.beside)].EndSession(ctx, roster.SessionID(fmt.Sprintf("%s-%d", s.session, i)))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		s.notes = append(s.notes, "sessions were left to expire: "+err.Error())
	}
}
