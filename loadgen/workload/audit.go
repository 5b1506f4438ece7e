package workload

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"roster"
	"roster/client"
)

const (
	auditors    = 3
	auditEvery  = 50 * time.Millisecond
	auditAgents = 8 // of one generation
	// generationsMax bounds how many generations of audited agents have a history:
	// the search for an order costs time and memory.
	generationsMax = 15
	// toldFor is how long after the load a watch may take to tell what it owes.
	toldFor = 5 * time.Second
)

func (s *stage) auditNamespace() string { return fmt.Sprintf("audit-%d", s.Seed) }

// auditor is one client of the audited agents, with its own sequence of acts.
type auditor struct {
	*stage
	name       string
	rand       *rand.Rand
	generation int
	wrote      int
}

// audit runs the auditors until ctx ends.
func (s *stage) audit(ctx context.Context, all *sync.WaitGroup) {
	for i := range auditors {
		a := &auditor{stage: s, name: fmt.Sprintf("auditor %d", i+1), rand: rand.New(rand.NewPCG(s.Seed, uint64(i)))}
		all.Go(func() { a.run(ctx) })
	}
}

// present returns a cursor that stands for now.
func (s *stage) present(ctx context.Context) (roster.Cursor, error) {
	page, err := s.beside[0].Find(ctx, roster.Query{Namespaces: []string{s.auditNamespace()}, Limit: 1, Read: roster.Read{Level: roster.ReadLinearizable}})
	return roster.Cursor(page.Token), err
}

// watch tells the order checker what a watch tells, until ctx ends.
func (s *stage) watch(ctx context.Context, after roster.Cursor) {
	c := s.beside[len(s.beside)-1]
	for event, err := range c.Watch(ctx, roster.Query{Namespaces: []string{s.auditNamespace()}, AnyHealth: true}, after) {
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.order.Broken(err)
			return
		case event.After != nil:
			s.order.Told(event.After.ID, event.After.Revision)
		}
	}
}

// run does one act after the other. Those under way when the load ends are finished,
// so that their fate is known.
func (a *auditor) run(ctx context.Context) {
	ticker := time.NewTicker(auditEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		acting, cancel := context.WithTimeout(context.WithoutCancel(ctx), operationFor)
		a.act(acting)
		cancel()
	}
}

func (a *auditor) act(ctx context.Context) {
	id, recorded := a.choose()
	one, other := a.some(), a.some()
	a.audits.Add(1)
	if a.rand.IntN(3) == 0 {
		a.audits.Add(1)
		a.write(ctx, one, other, id, recorded)
	} else {
		a.read(ctx, one, id, recorded)
	}
}

// choose returns an audited agent, and whether its history is kept.
func (a *auditor) choose() (roster.AgentID, bool) {
	for {
		id := roster.AgentID(fmt.Sprintf("%s/agent-%03d-%d", a.auditNamespace(), a.generation, a.rand.IntN(auditAgents)))
		if a.generation >= generationsMax || !a.registers.Full(id) {
			return id, a.generation < generationsMax
		}
		a.generation++
	}
}

func (a *auditor) some() *client.Client { return a.beside[a.rand.IntN(len(a.beside))] }

// write changes an audited agent through one node, and reads it through another with
// the token of the write.
func (a *auditor) write(ctx context.Context, one, other *client.Client, id roster.AgentID, recorded bool) {
	a.wrote++
	value := fmt.Sprintf("%s: %d", a.name, a.wrote)
	began := a.registers.Now()
	change, stamp, err := one.Register(ctx, roster.Register{Mode: roster.ModePut, Agent: roster.Agent{ID: id, Description: value, Session: a.session}})
	if recorded {
		a.registers.Wrote(id, value, began, err)
	}
	if err != nil {
		a.acknowledged.Failed(id, err)
		return
	}
	a.acknowledged.Wrote(id, change.Record.Revision)
	a.order.Wrote(id, change.Record.Revision)
	record, _, err := other.Lookup(ctx, id, roster.Read{Level: roster.ReadFresh, After: stamp.Token})
	switch {
	case err == nil:
		a.tokens.Read(id, change.Record.Revision, record.Revision)
	case roster.CodeOf(err) == roster.CodeNotFound:
		a.tokens.Read(id, change.Record.Revision, 0)
	}
}

// read reads an audited agent linearizably, from anywhere.
func (a *auditor) read(ctx context.Context, from *client.Client, id roster.AgentID, recorded bool) {
	began, floor := a.registers.Now(), a.revisions.Begin(a.name, id)
	record, _, err := from.Lookup(ctx, id, roster.Read{Level: roster.ReadLinearizable})
	switch {
	case err == nil:
		a.revisions.Seen(a.name, id, floor, record.Revision)
		if recorded {
			a.registers.Read(id, record.Description, began)
		}
	case roster.CodeOf(err) == roster.CodeNotFound && recorded:
		a.registers.Read(id, "", began)
	}
}

// settle holds what was acknowledged against what is there now, each part of it read
// from another node.
func (s *stage) settle(ctx context.Context) {
	ids := s.acknowledged.Agents()
	for i := 0; len(ids) > 0; i++ {
		some := ids[:min(len(ids), roster.BatchMax)]
		ids = ids[len(some):]
		at := i % len(s.beside)
		results, _, err := s.beside[at].LookupBatch(ctx, some, roster.Read{Level: roster.ReadLinearizable})
		if err != nil {
			s.acknowledged.Missed(some[0], err)
			continue
		}
		for _, r := range results {
			var revision roster.Index
			if r.Agent != nil {
				revision = r.Agent.Revision
			}
			s.acknowledged.Found(s.bases[at], r.ID, revision)
		}
	}
}
