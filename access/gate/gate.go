package gate

import (
	"context"
	"iter"
	"slices"

	"roster"
	"roster/access"
	"roster/fleet"
)

// Gate is a service behind a gate. Make one with New.
type Gate struct{ service roster.Service }

var _ roster.Service = (*Gate)(nil)

// New returns s behind a gate.
func New(s roster.Service) *Gate { return &Gate{s} }

// may is access.Check of the namespace of an agent.
func may(ctx context.Context, verb access.Verb, id roster.AgentID) error {
	return access.Check(ctx, verb, id.Namespace())
}

// administers asks for the right to look after the whole cluster.
func administers(ctx context.Context) error { return access.Check(ctx, access.Admin, "") }

// maySession judges who uses a session.
func maySession(ctx context.Context, verb access.Verb, id roster.SessionID) error {
	err := access.Check(ctx, verb, id.Namespace())
	if refusal, ok := err.(*roster.Error); ok && id.Namespace() == "" && refusal.Status == 0 {
		refusal.Detail += "; with a namespace and ~ before its id, as in payments~worker-1, a session needs the right in that alone"
	}
	return err
}

// judge returns nil where the caller may carry out c.
func judge(ctx context.Context, c roster.Command) error {
	switch c := c.(type) {
	case roster.Register:
		if err := may(ctx, access.Write, c.Agent.ID); err != nil || c.Agent.Session == "" {
			return err
		}
		return maySession(ctx, access.Write, c.Agent.Session)
	case roster.Update:
		return may(ctx, access.Write, c.ID)
	case roster.Deregister:
		return may(ctx, access.Write, c.ID)
	case roster.SetHealth:
		return may(ctx, access.Write, c.ID)
	case roster.OpenSession:
		return maySession(ctx, access.Write, c.ID)
	case roster.EndSession:
		return maySession(ctx, access.Write, c.ID)
	case fleet.Set:
		return access.Check(ctx, access.Write, c.Fleet.ID.Namespace())
	case fleet.Scale:
		return access.Check(ctx, access.Write, c.ID.Namespace())
	case fleet.Drop:
		return access.Check(ctx, access.Write, c.ID.Namespace())
	case fleet.Recall:
		return may(ctx, access.Write, c.Agent)
	}
	return roster.Errorf(roster.CodeDenied, "only nodes may propose this command")
}

// Do lets a command pass.
func (g *Gate) Do(ctx context.Context, c roster.Command) (roster.Result, roster.Stamp, error) {
	if err := judge(ctx, c); err != nil {
		return roster.Result{Err: err}, roster.Stamp{}, err
	}
	return g.service.Do(ctx, c)
}

// Register lets a registration pass.
func (g *Gate) Register(ctx context.Context, c roster.Register) (roster.Change, roster.Stamp, error) {
	if err := judge(ctx, c); err != nil {
		return roster.Change{}, roster.Stamp{}, err
	}
	return g.service.Register(ctx, c)
}

// RegisterBatch judges each item. One that is denied goes on empty, to be refused in its
// place: the others keep the Seq that they have in every retry.
func (g *Gate) RegisterBatch(ctx context.Context, items []roster.Register) ([]roster.BatchResult, roster.Token, error) {
	denied := make(map[int]error)
	passed := items
	for i, item := range items {
		err := judge(ctx, item)
		if err == nil {
			continue
		}
		if len(denied) == 0 {
			passed = slices.Clone(items)
		}
		denied[i], passed[i] = err, roster.Register{Mode: item.Mode}
	}
	results, token, err := g.service.RegisterBatch(ctx, passed)
	if err != nil {
		return nil, "", err
	}
	for i, refusal := range denied { // order-free: each has its place
		results[i] = roster.BatchResult{ID: items[i].Agent.ID, Outcome: roster.OutcomeRefused, Err: refusal}
	}
	return results, token, nil
}

// Deregister lets a deregistration pass.
func (g *Gate) Deregister(ctx context.Context, c roster.Deregister) (roster.Change, roster.Stamp, error) {
	if err := judge(ctx, c); err != nil {
		return roster.Change{}, roster.Stamp{}, err
	}
	return g.service.Deregister(ctx, c)
}

// Lookup lets a look-up pass.
func (g *Gate) Lookup(ctx context.Context, id roster.AgentID, r roster.Read) (*roster.Record, roster.Stamp, error) {
	if err := may(ctx, access.Read, id); err != nil {
		return nil, roster.Stamp{}, err
	}
	return g.service.Lookup(ctx, id, r)
}

// LookupBatch lets a batch pass, or refuses it whole.
func (g *Gate) LookupBatch(ctx context.Context, ids []roster.AgentID, r roster.Read) ([]roster.LookupResult, roster.Stamp, error) {
	if _, ok := access.From(ctx); !ok {
		return nil, roster.Stamp{}, access.Check(ctx, access.Read, "")
	}
	for _, id := range ids {
		if err := may(ctx, access.Read, id); err != nil {
			return nil, roster.Stamp{}, err
		}
	}
	return g.service.LookupBatch(ctx, ids, r)
}

// narrowed returns q as the caller may ask it.
func narrowed(ctx context.Context, q roster.Query) (roster.Query, error) {
	return within(ctx, access.Read, q)
}

// within returns q for the namespaces in which the caller may do something.
func within(ctx context.Context, verb access.Verb, q roster.Query) (roster.Query, error) {
	caller, ok := access.From(ctx)
	if !ok || q.Explain {
		if err := access.Check(ctx, verb, ""); err != nil {
			return q, err
		}
	}
	for _, namespace := range q.Namespaces {
		if err := access.Check(ctx, verb, namespace); err != nil {
			return q, err
		}
	}
	switch scope := caller.Policy.Scope(verb); {
	case len(scope) == 0:
		return q, access.Check(ctx, verb, "")
	case !slices.Contains(scope, access.Everywhere):
		q.Scope = scope
	}
	return q, nil
}

// Find shows what the caller may read.
func (g *Gate) Find(ctx context.Context, q roster.Query) (roster.Page, error) {
	q, err := narrowed(ctx, q)
	if err != nil {
		return roster.Page{}, err
	}
	return g.service.Find(ctx, q)
}

// Watch shows what the caller may read. Who serves it ends it when the right ends.
func (g *Gate) Watch(ctx context.Context, q roster.Query, after roster.Cursor) iter.Seq2[roster.Event, error] {
	q, err := narrowed(ctx, q)
	if err != nil {
		return func(yield func(roster.Event, error) bool) { yield(roster.Event{}, err) }
	}
	return g.service.Watch(ctx, q, after)
}
