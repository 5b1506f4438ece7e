package workload

import (
	"context"
	"errors"
	"fmt"

	"roster"
	"roster/loadgen"
)

// kind is one kind of operation.
type kind struct {
	name string
	do   func(s *stage, ctx context.Context, w *loadgen.Worker, n uint64) error
}

// kinds is the table of operations that a mix may name.
var kinds = []kind{
	{"lookup", (*stage).lookup},
	{"read", (*stage).read},
	{"find", (*stage).find},
	{"update", (*stage).update},
	{"register", (*stage).register},
	{"register100", (*stage).register100},
	{"put100", (*stage).put100},
	{"churn", (*stage).churn},
}

func kindOf(name string) (kind, bool) {
	for _, k := range kinds {
		if k.name == name {
			return k, true
		}
	}
	return kind{}, false
}

// errNothing is a find that shows nothing although there is something.
var errNothing = errors.New("nothing was found, although an agent has the capability")

// findLimit is how many agents a find asks for.
const findLimit = 20

func (s *stage) key(w *loadgen.Worker) roster.AgentID {
	return roster.AgentID(fmt.Sprintf("%s/agent-%07d", s.namespace, s.keys.draw(w.Rand)))
}

// lookup reads an agent from the replica of one node.
func (s *stage) lookup(ctx context.Context, w *loadgen.Worker, _ uint64) error {
	return s.look(ctx, w, roster.Read{})
}

// read reads an agent linearizably.
func (s *stage) read(ctx context.Context, w *loadgen.Worker, _ uint64) error {
	return s.look(ctx, w, roster.Read{Level: roster.ReadLinearizable})
}

// look reads an agent. What one node shows of it may not go back.
func (s *stage) look(ctx context.Context, w *loadgen.Worker, r roster.Read) error {
	id, c := s.key(w), s.nodes[s.node(w)]
	if s.revisions == nil {
		_, _, err := c.Lookup(ctx, id, r)
		return err
	}
	observer := c.Address()
	floor := s.revisions.Begin(observer, id)
	record, _, err := c.Lookup(ctx, id, r)
	if err == nil && c.Address() == observer {
		s.revisions.Seen(observer, id, floor, record.Revision)
	}
	return err
}

// find asks for agents by a capability that at least one has.
func (s *stage) find(ctx context.Context, w *loadgen.Worker, _ uint64) error {
	i := s.keys.draw(w.Rand)
	page, err := s.nodes[s.node(w)].Find(ctx, roster.Query{Capabilities: []string{skill(i)}, Namespaces: []string{s.namespace}, Limit: findLimit})
	if err == nil && len(page.Agents) == 0 {
		return errNothing
	}
	return err
}

// update changes what no index knows.
func (s *stage) update(ctx context.Context, w *loadgen.Worker, n uint64) error {
	id := s.key(w)
	change, stamp, err := s.nodes[s.node(w)].Update(ctx, roster.Update{ID: id,
		Metadata: roster.MapPatch{Set: roster.Map{{Key: "step", Value: fmt.Sprint(n)}}}})
	if err != nil {
		s.acknowledged.Failed(id, err)
		return err
	}
	s.acknowledged.Wrote(id, change.Record.Revision)
	s.pauses.wrote(stamp.Shard)
	return nil
}

// register enters an agent that stays until the run is over.
func (s *stage) register(ctx context.Context, w *loadgen.Worker, n uint64) error {
	a := agent(s.namespace, "more", n)
	a.Session = s.session
	return s.enter(ctx, s.node(w), a)
}

func (s *stage) enter(ctx context.Context, node int, a roster.Agent) error {
	change, stamp, err := s.nodes[node].Register(ctx, roster.Register{Agent: a, Mode: roster.ModePut})
	if err != nil {
		s.acknowledged.Failed(a.ID, err)
		return err
	}
	s.acknowledged.Wrote(a.ID, change.Record.Revision)
	s.pauses.wrote(stamp.Shard)
	return nil
}

// batchSize is how many agents one request enters or replaces.
const batchSize = 100

// register100 enters a hundred agents in one request.
func (s *stage) register100(ctx context.Context, w *loadgen.Worker, n uint64) error {
	items := make([]roster.Register, batchSize)
	for i := range items {
		items[i] = roster.Register{Agent: agent(s.namespace, "many", n*batchSize+uint64(i)), Mode: roster.ModePut}
	}
	return s.enterAll(ctx, w, items)
}

// put100 replaces a hundred agents of the population in one request.
func (s *stage) put100(ctx context.Context, w *loadgen.Worker, n uint64) error {
	items := make([]roster.Register, min(batchSize, s.population))
	first := s.keys.draw(w.Rand)
	for i := range items {
		items[i] = roster.Register{Agent: agent(s.namespace, "agent", (first+uint64(i))%uint64(s.population)), Mode: roster.ModePut}
		items[i].Agent.Metadata = roster.Map{{Key: "step", Value: fmt.Sprint(n)}}
	}
	return s.enterAll(ctx, w, items)
}

// enterAll enters agents in one request, under the session of the run.
func (s *stage) enterAll(ctx context.Context, w *loadgen.Worker, items []roster.Register) error {
	for i := range items {
		items[i].Agent.Session = s.session
	}
	results, _, err := s.nodes[s.node(w)].RegisterBatch(ctx, items)
	for i, item := range items {
		switch {
		case err != nil:
			s.acknowledged.Failed(item.Agent.ID, err)
		case results[i].Err != nil:
			s.acknowledged.Failed(item.Agent.ID, results[i].Err)
		default:
			s.acknowledged.Wrote(item.Agent.ID, results[i].Revision)
			s.pauses.count(1)
		}
	}
	if err == nil {
		err = firstRefusal(results)
	}
	return err
}

// churn enters an agent and takes it off the roll again, perhaps through another node.
func (s *stage) churn(ctx context.Context, w *loadgen.Worker, n uint64) error {
	a := agent(s.namespace, "churn", n)
	entering, removing := s.node(w), s.node(w)
	if err := s.enter(ctx, entering, a); err != nil {
		return err
	}
	w.Follow("deregister", func(ctx context.Context) error {
		_, stamp, err := s.nodes[removing].Deregister(ctx, roster.Deregister{ID: a.ID})
		if err != nil {
			s.acknowledged.Failed(a.ID, err)
			return err
		}
		s.acknowledged.Removed(a.ID, stamp.Index)
		return nil
	})
	return nil
}
