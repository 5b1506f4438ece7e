package workload

import (
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"roster"
	"roster/loadgen"
)

const (
	// fillTTL is how long the agents of a run outlive it when it is killed.
	fillTTL   = 60 * time.Second
	fillBatch = 250
	fillLanes = 4
	// sweepFor bounds how long the cluster is cleaned up for.
	sweepFor = 2 * time.Minute
	// againEvery is how often a fill asks whether the agents of a killed run are gone.
	againEvery = time.Second
)

// fill registers the population, in batches, under the session of the run, and waits
// until every node shows it. Agents of a run that was killed hold their names until
// their session ends; it waits for that, too.
func (s *stage) fill(ctx context.Context) error {
	if _, _, err := s.beside[0].OpenSession(ctx, s.session, fillTTL); err != nil {
		return err
	}
	group, filling := errgroup.WithContext(ctx)
	group.SetLimit(fillLanes)
	tokens := make([]roster.Token, fillLanes)
	for lane := range fillLanes {
		group.Go(func() (err error) {
			for first := lane * fillBatch; first < s.population && err == nil; first += fillLanes * fillBatch {
				tokens[lane], err = s.fillSome(filling, tokens[lane], first, min(first+fillBatch, s.population))
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return s.shown(ctx, tokens)
}

// fillSome registers agents first to last and returns seen with their token.
func (s *stage) fillSome(ctx context.Context, seen roster.Token, first, last int) (roster.Token, error) {
	items := make([]roster.Register, 0, last-first)
	for i := first; i < last; i++ {
		a := agent(s.namespace, "agent", uint64(i))
		a.Session = s.session
		items = append(items, roster.Register{Agent: a, Mode: roster.ModePut})
	}
	deadline := time.Now().Add(fillTTL + 5*time.Second)
	for {
		results, token, err := s.beside[0].RegisterBatch(ctx, items)
		if err != nil {
			return "", err
		}
		refused := firstRefusal(results)
		if refused == nil {
			return roster.MergeTokens(seen, token)
		}
		if roster.CodeOf(refused) != roster.CodeConflict || time.Now().After(deadline) {
			return "", fmt.Errorf("cannot register the agents of the load: %w", refused)
		}
		s.Logger.InfoContext(ctx, "another run holds the agents of this seed; waiting for its session to end", "seed", s.Seed)
		if err := pause(ctx, againEvery); err != nil {
			return "", err
		}
	}
}

func firstRefusal(results []roster.BatchResult) error {
	for _, r := range results {
		if r.Err != nil {
			return r.Err
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// shown waits until every node shows what tokens stand for.
func (s *stage) shown(ctx context.Context, tokens []roster.Token) error {
	var all roster.Token
	for _, token := range tokens {
		var err error
		if all, err = roster.MergeTokens(all, token); err != nil {
			return err
		}
	}
	for _, c := range s.beside { // a find, since it waits for every shard of the token
		q := roster.Query{Namespaces: []string{s.namespace}, Limit: 1, Read: roster.Read{Level: roster.ReadFresh, After: all}}
		if _, err := c.Find(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// sweep takes away what the run left: the end of its session removes the population,
// and what an operation of unknown fate may have left is removed one by one.
func (s *stage) sweep(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sweepFor)
	defer cancel()
	if _, err := s.beside[0].EndSession(ctx, s.session); err != nil {
		s.notes = append(s.notes, "the session of the run could not be ended: "+err.Error())
	}
	for _, namespace := range []string{s.namespace, s.auditNamespace()} {
		if err := s.emptied(ctx, namespace); err != nil {
			s.notes = append(s.notes, "agents were left in "+namespace+": "+err.Error())
		}
	}
}

// emptied waits until a namespace is empty. What no session holds it removes, and what
// does not go by itself either.
func (s *stage) emptied(ctx context.Context, namespace string) error {
	for first := roster.AgentID(""); ; {
		page, err := s.beside[0].Find(ctx, roster.Query{Namespaces: []string{namespace}, AnyHealth: true, Limit: roster.ListLimitMax})
		if err != nil {
			return err
		}
		if len(page.Agents) == 0 {
			return nil
		}
		stuck := page.Agents[0].ID == first
		first = page.Agents[0].ID
		group, removing := errgroup.WithContext(ctx)
		group.SetLimit(fillLanes)
		for _, record := range page.Agents {
			if record.Session != "" && !stuck {
				continue // it goes with its session
			}
			group.Go(func() error {
				_, _, err := s.beside[0].Deregister(removing, roster.Deregister{ID: record.ID})
				if roster.CodeOf(err) == roster.CodeNotFound {
					return nil
				}
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		if err := pause(ctx, againEvery/10); err != nil {
			return err
		}
	}
}

// kinds returns the names of operations, joined for people.
func kindNames() string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.name
	}
	return strings.Join(names, ", ")
}

// node draws through which node an operation goes.
func (s *stage) node(w *loadgen.Worker) int { return w.Rand.IntN(len(s.nodes)) }
