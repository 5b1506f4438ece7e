package steering

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"roster"
	"roster/dht/moves"
	"roster/fsm"
	"roster/node/router"
	"roster/shard"
)

// lookEvery is how often a loop compares what is with what should be.
const lookEvery = 500 * time.Millisecond

// Config says what steering sees and whom it asks. Everything but Logger is needed.
type Config struct {
	Self   roster.NodeID
	System func() (*shard.Group, error) // the replica of the system shard
	// Fresh waits until that replica has what was acknowledged before; nil does not wait.
	Fresh func(context.Context) error
	// Statuses says how all shards stand, those that are not held here too.
	Statuses func(context.Context) ([]roster.ShardStatus, error)
	Alive    func() []roster.NodeID // by gossip
	// Levels says of each living node up to which level it can apply commands, and Level
	// is this build's.
	Levels func() map[roster.NodeID]int
	Level  int
	// Propose puts a command to the system shard.
	Propose func(context.Context, roster.Command) error
	// After is how long a node may be down before others take over its votes.
	After  time.Duration
	Logger *slog.Logger
}

// Steering steers one node's shards. Make one with New.
type Steering struct{ c Config }

// New returns a Steering that does nothing until its loops run.
func New(c Config) *Steering { return &Steering{c} }

// Lead does the duties of the leader of g until ctx ends.
func (s *Steering) Lead(ctx context.Context, g *shard.Group) error {
	duties, ctx := errgroup.WithContext(ctx)
	duties.Go(func() error { return s.every(ctx, g, "readers", s.tend) })
	duties.Go(func() error { return s.every(ctx, g, "voters", s.step) })
	duties.Go(func() error { return s.yield(ctx, g) })
	if g.ID() == roster.SystemShard {
		duties.Go(func() error { return s.every(ctx, g, "map", s.advance()) })
		duties.Go(func() error { return s.every(ctx, g, "level", s.raise()) })
	}
	return duties.Wait()
}

// every does one thing again and again; what fails is tried anew.
func (s *Steering) every(ctx context.Context, g *shard.Group, what string, do func(context.Context, *shard.Group) error) error {
	for router.Wait(ctx, lookEvery) {
		if err := do(ctx, g); err != nil && ctx.Err() == nil {
			s.c.Logger.Debug("steer", "what", what, "shard", g.ID(), "err", err)
		}
	}
	return nil
}

// look returns the map and the nodes as this node's replica of the system shard has them.
func (s *Steering) look() (w moves.World, err error) {
	system, err := s.c.System()
	if err != nil {
		return w, err
	}
	w.After = roster.LogTime(s.c.After)
	_, err = system.View(func(v *fsm.View) error {
		w.Map, w.Nodes, w.Now = v.Map(), v.Nodes(), v.Now()
		return nil
	})
	return w, err
}

// world is look, with who votes in each shard as its members say.
func (s *Steering) world(ctx context.Context) (moves.World, error) {
	w, err := s.look()
	if err != nil {
		return w, err
	}
	w.Voters = map[roster.ShardID][]roster.NodeID{}
	statuses, err := s.c.Statuses(ctx)
	for _, shard := range statuses {
		if len(shard.Voters) > 0 {
			w.Voters[shard.ID] = shard.Voters
		}
	}
	return w, err
}

// alive reports which nodes live, by gossip and by their leases.
func (s *Steering) alive(nodes []roster.NodeInfo) func(roster.NodeID) bool {
	seen := s.c.Alive()
	return func(id roster.NodeID) bool {
		return id == s.c.Self || slices.Contains(seen, id) && slices.ContainsFunc(nodes, func(n roster.NodeInfo) bool {
			return n.ID == id && n.State == roster.NodeAlive
		})
	}
}
