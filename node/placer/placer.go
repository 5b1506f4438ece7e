package placer

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"roster"
	"roster/fleet"
	"roster/fsm"
	"roster/node/loads"
	"roster/node/router"
	"roster/placement"
	"roster/shard"
)

const (
	// roundEvery is how often a round looks when nothing has happened, and roundLeast how
	// long rounds are apart when much does.
	roundEvery = 500 * time.Millisecond
	roundLeast = 20 * time.Millisecond
	// restFor times as long as a round took it rests, if members were left without a node:
	// what is full now is so for a while.
	restFor = 10
	restMax = 5 * time.Second
	// BatchMax bounds what one round proposes; the rest follows in the next.
	BatchMax = 1000
	// DrainMax bounds the members of a shard that are on their way off drained nodes.
	DrainMax = 64
)

// Config says what a Placer sees and whom it asks. All is needed.
type Config struct {
	// System is the replica of the system shard.
	System func() (*shard.Group, error)
	Loads  func(context.Context, []roster.NodeID) map[roster.NodeID]loads.Load
	// Propose puts commands to a shard, each for itself.
	Propose func(context.Context, roster.ShardID, []roster.Command) []error
	Logger  *slog.Logger
}

// Placer places. Make one with New.
type Placer struct{ config Config }

// New returns a Placer.
func New(c Config) *Placer { return &Placer{c} }

// Lead places the members of the fleets of g until ctx ends.
func (p *Placer) Lead(ctx context.Context, g *shard.Group) error {
	wake := make(chan struct{}, 1)
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return listen(ctx, g, wake, waits) })
	if system, err := p.config.System(); err == nil {
		work.Go(func() error { return listen(ctx, system, wake, dies) })
	}
	work.Go(func() error { return p.rounds(ctx, g, wake) })
	return work.Wait()
}

// rounds does one round after the other.
func (p *Placer) rounds(ctx context.Context, g *shard.Group, wake <-chan struct{}) error {
	rest := roundEvery
	for {
		start := time.Now()
		left, err := p.Round(ctx, g)
		if err != nil && ctx.Err() == nil {
			p.config.Logger.Debug("place", "shard", g.ID(), "err", err)
		}
		took := time.Since(start)
		rest = max(roundEvery, min(restFor*took, restMax))
		if !left {
			rest = roundEvery
		}
		if !sleep(ctx, max(roundLeast, took), rest, wake) {
			return nil
		}
	}
}

// sleep waits least, and then until something wakes or most is over; false when ctx ends.
func sleep(ctx context.Context, least, most time.Duration, wake <-chan struct{}) bool {
	if !router.Wait(ctx, least) {
		return false
	}
	timer := time.NewTimer(max(0, most-least))
	defer timer.Stop()
	select {
	case <-wake:
	case <-timer.C:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// listen wakes the rounds when something of concern has happened in a shard.
func listen(ctx context.Context, g *shard.Group, wake chan<- struct{}, concerns func(roster.Event) bool) error {
	for ctx.Err() == nil {
		var at roster.Index
		if _, err := g.View(func(v *fsm.View) error { at = v.Index(); return nil }); err != nil {
			return nil //nolint:nilerr // the shard is closing
		}
		feed, err := g.Feed(at)
		for err == nil {
			var events []roster.Event
			if events, _, err = feed.Next(ctx); slices.ContainsFunc(events, concerns) {
				select {
				case wake <- struct{}{}:
				default:
				}
			}
		}
		router.Wait(ctx, roundEvery) // a feed that was too slow begins anew
	}
	return nil
}

// waits says of an event that a member of a fleet waits for a node.
func waits(e roster.Event) bool {
	return e.After != nil && e.After.Owner.Kind == roster.OwnedByPlacement && e.After.Status == roster.StatusRegistered
}

// dies says of an event that a node is gone.
func dies(e roster.Event) bool {
	return e.Type == roster.EventNodeDown || e.Type == roster.EventNodeLeft
}

// Round looks once and proposes what is to be done. left says that members stay without a
// node.
func (p *Placer) Round(ctx context.Context, g *shard.Group) (left bool, err error) {
	var empty bool
	if _, err := g.View(func(v *fsm.View) error { empty = v.Fleets().Empty(); return nil }); err != nil || empty {
		return false, err
	}
	nodes, err := p.nodes()
	if err != nil {
		return false, err
	}
	s, err := look(g, nodes)
	if err != nil || s.idle() {
		return false, err
	}
	commands := s.upkeep()
	if len(s.homeless) > 0 {
		placed, unplaced, err := s.plan(p.config.Loads(ctx, s.alive()))
		if err != nil {
			return false, err
		}
		commands, left = append(commands, placed...), unplaced > 0
	}
	commands = commands[:min(len(commands), BatchMax)]
	for i, err := range p.config.Propose(ctx, g.ID(), commands) {
		if err != nil {
			p.config.Logger.Debug("place", "shard", g.ID(), "command", commands[i], "err", err)
		}
	}
	return left, nil
}

// nodes reads the nodes and who of them is drained from the system shard.
func (p *Placer) nodes() (map[roster.NodeID]placement.Node, error) {
	system, err := p.config.System()
	if err != nil {
		return nil, err
	}
	nodes := map[roster.NodeID]placement.Node{}
	_, err = system.View(func(v *fsm.View) error {
		for _, n := range v.Nodes() {
			state := placement.Down
			if n.State == roster.NodeAlive {
				state = placement.Ready
			}
			nodes[n.ID] = placement.Node{ID: n.ID, State: state, Labels: n.Labels}
		}
		for _, id := range v.Map().Draining {
			if n, ok := nodes[id]; ok && n.State == placement.Ready {
				n.State = placement.Draining
				nodes[id] = n
			}
		}
		return nil
	})
	return nodes, err
}

// Explain says what a plan would decide about a member now, and what it has against each
// node.
func (p *Placer) Explain(ctx context.Context, g *shard.Group, id roster.AgentID) (fleet.Explanation, error) {
	nodes, err := p.nodes()
	if err != nil {
		return fleet.Explanation{}, err
	}
	s, err := look(g, nodes)
	if err != nil {
		return fleet.Explanation{}, err
	}
	return s.explain(p.config.Loads(ctx, s.alive()), id)
}
