package memservice

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"roster"
	"roster/acting"
	"roster/fsm"
	"roster/query"
)

// Do carries out a command that callers may propose.
func (s *Service) Do(ctx context.Context, c roster.Command) (roster.Result, roster.Stamp, error) {
	request, _ := roster.RequestFrom(ctx)
	return s.do(ctx, c, request)
}

func (s *Service) do(ctx context.Context, c roster.Command, request roster.Request) (roster.Result, roster.Stamp, error) {
	refused := func(err error) (roster.Result, roster.Stamp, error) {
		return roster.Result{Err: err}, roster.Stamp{}, err
	}
	if c == nil || c.Kind().Internal() {
		return refused(roster.Errorf(roster.CodeDenied, "only nodes may propose this command"))
	}
	if ctx.Err() != nil {
		return refused(roster.Errorf(roster.CodeUnavailable, "the call was given up before it began"))
	}
	c, err := prepare(c)
	if err != nil {
		return refused(err)
	}
	claim, claims := acting.From(ctx)
	if claims {
		if err := s.post.Prove(ctx, claim); err != nil {
			return refused(err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := c.(roster.Register); ok && r.Agent.Session != "" {
		if err := s.attach(r.Agent.Session, s.shardOf(r.Key())); err != nil {
			return refused(err)
		}
	}
	id := s.shardOf(c.Key())
	result := s.apply(id, roster.Op{Request: request, Actor: claim.Actor, Command: c})
	s.followed(c, result)
	return result, stamp(id, result.Index), result.Err
}

// prepare does what a router does before it proposes: it looks, hashes secrets and
// fills in what may be left out.
func prepare(c roster.Command) (roster.Command, error) {
	switch c := c.(type) {
	case roster.Register:
		return prepareRegister(c)
	case roster.Update:
		return c, c.ID.Validate()
	case roster.Deregister:
		return c, c.ID.Validate()
	case roster.SetHealth:
		return c, cmp.Or(c.ID.Validate(), c.Health.Validate())
	case roster.OpenSession:
		return prepareSession(c)
	case roster.EndSession:
		c.Shard = 0
		return c, c.ID.Validate()
	}
	return c, nil
}

func prepareRegister(c roster.Register) (roster.Command, error) {
	if err := c.Agent.Validate(); err != nil {
		return c, err
	}
	c.Mode = cmp.Or(c.Mode, roster.ModeCreate)
	if c.Mode != roster.ModeCreate && c.Mode != roster.ModePut {
		return c, roster.Invalid("mode", "want create or put")
	}
	c.SecretHash = ""
	if c.Agent.Secret != "" {
		sum := sha256.Sum256([]byte(c.Agent.Secret))
		c.SecretHash, c.Agent.Secret = hex.EncodeToString(sum[:]), ""
	}
	return c, nil
}

// Register enters or replaces an agent.
func (s *Service) Register(ctx context.Context, c roster.Register) (roster.Change, roster.Stamp, error) {
	return changed(s.Do(ctx, c))
}

// Deregister takes an agent off the roll.
func (s *Service) Deregister(ctx context.Context, c roster.Deregister) (roster.Change, roster.Stamp, error) {
	return changed(s.Do(ctx, c))
}

func changed(result roster.Result, stamp roster.Stamp, err error) (roster.Change, roster.Stamp, error) {
	change, _ := result.Value.(roster.Change)
	return change, stamp, err
}

// RegisterBatch carries out each item on its own.
func (s *Service) RegisterBatch(ctx context.Context, items []roster.Register) ([]roster.BatchResult, roster.Token, error) {
	if len(items) > roster.BatchMax {
		return nil, "", roster.Errorf(roster.CodeTooLarge, "%d items; at most %d", len(items), roster.BatchMax)
	}
	base, given := roster.RequestFrom(ctx)
	p := roster.Position{Ring: 1}
	results := make([]roster.BatchResult, len(items))
	for i, item := range items {
		request := base
		if given {
			request.Seq += uint64(i)
		}
		results[i] = roster.BatchResult{ID: item.Agent.ID, Outcome: roster.OutcomeRefused}
		change, stamp, err := changed(s.do(ctx, item, request))
		if results[i].Err = err; err == nil {
			results[i].Outcome, results[i].Revision = change.Outcome, change.Record.Revision
			p = p.Advance(stamp.Shard, stamp.Index)
		}
	}
	return results, roster.Token(p.Encode()), nil
}

// Lookup returns one agent.
func (s *Service) Lookup(ctx context.Context, id roster.AgentID, r roster.Read) (*roster.Record, roster.Stamp, error) {
	if err := id.Validate(); err != nil {
		return nil, roster.Stamp{}, err
	}
	if err := s.read(ctx, r); err != nil {
		return nil, roster.Stamp{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	shard := s.shardOf(id.Key())
	machine := s.shard(shard).machine
	at := stamp(shard, machine.Index())
	record, ok := machine.Lookup(id)
	if !ok {
		return nil, at, &roster.Error{Code: roster.CodeNotFound, Detail: "no agent " + string(id), Shard: shard, Index: at.Index}
	}
	return record, at, nil
}

// LookupBatch returns many agents in the order of ids.
func (s *Service) LookupBatch(ctx context.Context, ids []roster.AgentID, r roster.Read) ([]roster.LookupResult, roster.Stamp, error) {
	if len(ids) > roster.BatchMax {
		return nil, roster.Stamp{}, roster.Errorf(roster.CodeTooLarge, "%d ids; at most %d", len(ids), roster.BatchMax)
	}
	for _, id := range ids {
		if err := id.Validate(); err != nil {
			return nil, roster.Stamp{}, err
		}
	}
	if err := s.read(ctx, r); err != nil {
		return nil, roster.Stamp{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := roster.Position{Ring: 1}
	results := make([]roster.LookupResult, len(ids))
	for i, id := range ids {
		machine := s.shard(s.shardOf(id.Key())).machine
		p = p.Advance(machine.Shard(), machine.Index())
		results[i].ID = id
		results[i].Agent, _ = machine.Lookup(id)
	}
	return results, roster.Stamp{Token: roster.Token(p.Encode())}, nil
}

// Find returns one page of what q selects.
func (s *Service) Find(ctx context.Context, q roster.Query) (roster.Page, error) {
	compiled, err := query.Compile(q)
	if err != nil {
		return roster.Page{}, err
	}
	cursor, err := roster.ParsePosition(string(q.Cursor))
	if err != nil {
		return roster.Page{}, roster.Invalid("cursor", "%s", err.Error())
	}
	if q.Cursor != "" && (!cursor.Seen || cursor.Query != compiled.Hash()) {
		return roster.Page{}, roster.Invalid("cursor", "the cursor belongs to another query: send the same parameters with it")
	}
	if err := s.read(ctx, q.Read); err != nil {
		return roster.Page{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	page := roster.Page{Agents: []*roster.Record{}, Token: roster.Token(s.position().Encode())}
	page.Stamp.Token = page.Token
	for _, sh := range s.mu.shards {
		mark := fsm.Mark{Seen: cursor.Seen, ID: cursor.After, Score: cursor.Score}
		found, plan, err := sh.machine.View().Find(compiled, mark, compiled.Limit()+1)
		if err != nil {
			return roster.Page{}, err
		}
		page.Agents = append(page.Agents, found...)
		if q.Explain {
			page.Plan = append(page.Plan, plan)
		}
	}
	cut(&page, compiled)
	return page, nil
}

// cut sorts what all shards found, keeps one page of it and says where it ends.
func cut(page *roster.Page, q *query.Compiled) {
	slices.SortFunc(page.Agents, func(a, b *roster.Record) int {
		return cmp.Or(cmp.Compare(q.Score(b), q.Score(a)), cmp.Compare(a.ID, b.ID))
	})
	if len(page.Agents) <= q.Limit() {
		return
	}
	page.Agents = page.Agents[:q.Limit()]
	last := page.Agents[q.Limit()-1]
	page.Cursor = roster.Cursor(roster.Position{Ring: 1, Query: q.Hash(), Seen: true, After: last.ID, Score: q.Score(last)}.Encode())
}
