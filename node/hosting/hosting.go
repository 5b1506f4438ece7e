package hosting

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"roster"
	"roster/agentpool"
	"roster/agentpool/warden"
	"roster/fleet"
	"roster/mailbox"
	"roster/node/router"
	"roster/placement"
)

const (
	// fenceEvery is how often the lease is looked at.
	fenceEvery = 50 * time.Millisecond
	// againAfter is how long a watch rests that ended with an error.
	againAfter = 250 * time.Millisecond
)

// Config says what a Hosting works with. All but Logger is needed.
type Config struct {
	Self roster.NodeID
	Pool agentpool.Config // Report and Health are Hosting's own
	// Watch and Fleet read from replicas; Fleet returns the index that it saw too.
	Watch func(context.Context, roster.Query, roster.Cursor) iter.Seq2[roster.Event, error]
	Fleet func(context.Context, fleet.ID, roster.Read) (fleet.State, roster.Index, error)
	// Propose puts commands to a shard, each for itself.
	Propose func(context.Context, roster.ShardID, []roster.Command) []error
	// Act is Propose of commands in the name of members.
	Act func(context.Context, roster.ShardID, []Act) []error
	// Newest returns the index of a shard before which nothing that was acknowledged is
	// missing, for each shard that has agents.
	Newest func(context.Context) (map[roster.ShardID]roster.Index, error)
	// Held reports whether nobody can think this node dead.
	Held   func() bool
	Logger *slog.Logger
}

// Hosting runs members here. Make one with New.
type Hosting struct {
	config  Config
	pool    *agentpool.Supervisor
	reports reports
	health  verdicts
	specs   map[fleet.ID]spec // of the goroutine that follows
	mu      struct {
		sync.Mutex
		here map[roster.AgentID]seat
	}
}

// seat is a member that the log puts here.
type seat struct {
	shard     roster.ShardID
	resources placement.Resources
}

// spec is what a fleet's members are run by, shared by all of one generation.
type spec struct {
	generation, seen roster.Index
	*fleet.Spec
}

// New returns a Hosting that runs nothing.
func New(c Config) *Hosting {
	h := &Hosting{config: c, specs: map[fleet.ID]spec{}}
	h.mu.here = map[roster.AgentID]seat{}
	h.reports.init()
	h.health.init()
	if c.Logger == nil {
		h.config.Logger = slog.New(slog.DiscardHandler)
	}
	c.Pool.Report, c.Pool.Health, c.Pool.Logger = h.heard, h.health.put, c.Logger
	h.pool = agentpool.New(c.Pool)
	return h
}

// heard takes a report of the pool's.
func (h *Hosting) heard(e agentpool.Event) {
	h.reports.put(fleet.Report{Agent: e.Agent, Epoch: e.Epoch, Node: h.config.Self, Status: e.Status, Reason: e.Reason})
}

// Run runs members until ctx ends.
func (h *Hosting) Run(ctx context.Context) error {
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return h.live(ctx) })
	work.Go(func() error { return h.reports.run(ctx, h.config.Propose, h.shardOf, h.config.Logger) })
	work.Go(func() error { return h.health.run(ctx, h) })
	return work.Wait()
}

// Close stops every member and waits for them, or until ctx ends.
func (h *Hosting) Close(ctx context.Context) error { return h.pool.Close(ctx) }

// Proves reports whether a secret is that of an activation that runs here.
func (h *Hosting) Proves(a roster.Actor, secret string) bool { return h.pool.Proves(a, secret) }

// Mailbox returns the bounds of the mailbox of a member that runs here.
func (h *Hosting) Mailbox(id roster.AgentID) mailbox.Limits {
	if s := h.pool.Spec(id); s != nil {
		return s.Mailbox
	}
	return mailbox.Limits{}
}

// Say takes what an activation that is here says of itself.
func (h *Hosting) Say(a roster.Actor, s fleet.Standing) error { return h.pool.Say(a, s) }

// Standing returns what a member that is here has last said of itself, or NotFound.
func (h *Hosting) Standing(id roster.AgentID) (fleet.Said, error) {
	r, here := h.pool.Running(id)
	if !here || r.Said.IsZero() {
		return fleet.Said{}, roster.Errorf(roster.CodeNotFound, "%s has said nothing of itself", id)
	}
	return fleet.Said{Agent: id, Epoch: r.Epoch, Node: h.config.Self, Standing: r.Standing, Age: roster.Duration(time.Since(r.Said))}, nil
}

// Actions returns what was last done about memory here, the oldest first.
func (h *Hosting) Actions() []warden.Action { return h.pool.Actions() }

// Used returns what the members take that the log puts here, by shard.
func (h *Hosting) Used() map[roster.ShardID]placement.Usage {
	h.mu.Lock()
	defer h.mu.Unlock()
	used := map[roster.ShardID]placement.Usage{}
	for _, s := range h.mu.here {
		u := used[s.shard]
		u.Resources, u.Agents = u.Add(s.resources), u.Agents+1
		used[s.shard] = u
	}
	return used
}

func (h *Hosting) shardOf(id roster.AgentID) (roster.ShardID, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s, ok := h.mu.here[id]
	return s.shard, ok
}

// live follows the log while the lease is held, and lets the fence fall when it is not.
func (h *Hosting) live(ctx context.Context) error {
	h.pool.Fence(true)
	for h.await(ctx, true) {
		h.pool.Fence(false)
		h.config.Logger.Info("members may run here")
		held, lost := context.WithCancel(ctx)
		var following errgroup.Group
		following.Go(func() error { return h.follow(held) })
		h.await(ctx, false)
		h.pool.Fence(true)
		h.config.Logger.Info("members are stopped: others may take this node for dead")
		lost()
		_ = following.Wait() // follow ends with its context alone
		h.forget()
	}
	return nil
}

// await waits until the lease is held, or is not; false when ctx ends first.
func (h *Hosting) await(ctx context.Context, held bool) bool {
	for h.config.Held() != held {
		if !router.Wait(ctx, fenceEvery) {
			return false
		}
	}
	return ctx.Err() == nil
}

// forget clears what was known: it is learnt anew.
func (h *Hosting) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.mu.here)
	clear(h.specs)
	h.reports.clear()
	h.health.clear()
}

// follow does what the log says. What it said before this began may have been done already,
// by this node's process before this one or before the fence fell.
func (h *Hosting) follow(ctx context.Context) error {
	var before map[roster.ShardID]roster.Index
	for ctx.Err() == nil {
		var err error
		if before == nil {
			before, err = h.config.Newest(ctx)
		}
		if err == nil {
			err = h.watch(ctx, before)
		}
		if err != nil && ctx.Err() == nil {
			h.config.Logger.Debug("follow what runs here", "err", err)
		}
		router.Wait(ctx, againAfter)
	}
	return nil
}

// watch follows one watch to its end. Members that were known before and are not among the
// first have gone while nobody looked.
func (h *Hosting) watch(ctx context.Context, before map[roster.ShardID]roster.Index) error {
	first := map[roster.AgentID]bool{}
	q := roster.Query{Nodes: []string{string(h.config.Self)}, AnyHealth: true, Initial: true}
	for e, err := range h.config.Watch(ctx, q, "") {
		if err != nil {
			return err
		}
		switch {
		case e.Type == roster.EventSynced:
			h.keepOnly(first)
		case e.Type == roster.EventLeft:
			h.gone(e.Before.ID)
		case e.After != nil:
			first[e.After.ID] = true
			if err := h.heed(ctx, e.After, e.After.Revision <= before[e.After.Shard]); err != nil {
				return err
			}
		}
	}
	return errors.New("the watch has ended")
}

// keepOnly drops the members that are not in the list.
func (h *Hosting) keepOnly(list map[roster.AgentID]bool) {
	for _, id := range h.pool.Agents() {
		if !list[id] {
			h.gone(id)
		}
	}
}

func (h *Hosting) gone(id roster.AgentID) {
	h.mu.Lock()
	delete(h.mu.here, id)
	h.mu.Unlock()
	h.pool.Drop(id)
	h.health.drop(id)
}

// heed does what the log says of one member. found: it may have run here before.
func (h *Hosting) heed(ctx context.Context, r *roster.Record, found bool) error {
	if r.Owner.Kind != roster.OwnedByPlacement {
		return nil
	}
	s, err := h.specOf(ctx, r)
	if err != nil || s == nil {
		return err
	}
	h.mu.Lock()
	h.mu.here[r.ID] = seat{r.Shard, s.Resources}
	h.mu.Unlock()
	switch r.Status {
	case roster.StatusStarting, roster.StatusRunning:
		if (found || r.Status == roster.StatusRunning) && !h.pool.Knows(r.ID, r.Epoch) {
			h.reports.put(fleet.Report{Agent: r.ID, Epoch: r.Epoch, Node: h.config.Self, Status: roster.StatusStarting, Reason: "its node has begun anew"})
			return nil
		}
		h.pool.Want(agentpool.Agent{ID: r.ID, Epoch: r.Epoch, Spec: s})
	case roster.StatusStopping, roster.StatusRetiring:
		h.pool.Stop(r.ID, r.Epoch)
	}
	return nil
}

// specOf returns the spec that a member runs by, of the generation that placed it or a later
// one; nil when the fleet is gone.
func (h *Hosting) specOf(ctx context.Context, r *roster.Record) (*fleet.Spec, error) {
	id, _, _ := fleet.Of(r.ID)
	known, ok := h.specs[id]
	if ok && known.seen >= r.Revision {
		return known.Spec, nil
	}
	after := roster.Token(roster.Position{}.Advance(r.Shard, r.Revision).Encode())
	state, seen, err := h.config.Fleet(ctx, id, roster.Read{Level: roster.ReadFresh, After: after})
	switch {
	case roster.CodeOf(err) == roster.CodeNotFound:
		return nil, nil
	case err != nil:
		return nil, err
	}
	if !ok || known.generation != state.Generation {
		known = spec{generation: state.Generation, Spec: &state.Spec}
	}
	known.seen = seen
	h.specs[id] = known
	return known.Spec, nil
}

// All returns every member that is here and is not stopping, in no order.
func (h *Hosting) All() []agentpool.Running { return h.pool.All() }
