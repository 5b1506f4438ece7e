package scaler

import (
	"context"
	"log/slog"
	"time"

	"roster"
	"roster/fleet"
	"roster/node/router"
	"roster/scaling"
	"roster/shard"
)

const (
	// roundEvery is how far rounds are apart, and idleEvery where no fleet has a policy.
	roundEvery = 50 * time.Millisecond
	idleEvery  = time.Second
	// restFor times as long as a round took is the least between two, and restNode for each
	// node that is asked: so that watching costs little wherever there is much to watch.
	restFor  = 10
	restNode = 5 * time.Millisecond
	restMax  = time.Second
)

// Config says whom a Scaler asks. All but Logger is needed.
type Config struct {
	Self roster.NodeID
	// Own returns what the members here of some fleets have to do.
	Own  func([]fleet.ID) map[fleet.ID]Figures
	Call func(ctx context.Context, to roster.NodeID, method uint8, body []byte) ([]byte, error)
	// Propose puts commands to a shard, each for itself.
	Propose func(context.Context, roster.ShardID, []roster.Command) []error
	Logger  *slog.Logger // nil discards
}

// Scaler scales. Make one with New.
type Scaler struct{ config Config }

// New returns a Scaler.
func New(c Config) *Scaler {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Scaler{c}
}

// term is one leadership of a shard.
type term struct {
	*Scaler
	group  *shard.Group
	memory map[fleet.ID]scaling.Memory
	// none is the index at which the shard had no fleet with a policy; 0: it has one.
	none roster.Index
}

// Lead lets the fleets of g follow their load until ctx ends.
func (s *Scaler) Lead(ctx context.Context, g *shard.Group) error {
	t := &term{Scaler: s, group: g, memory: map[fleet.ID]scaling.Memory{}}
	for {
		start := time.Now()
		asked, err := t.round(ctx)
		if err != nil && ctx.Err() == nil {
			s.config.Logger.Debug("scale", "shard", g.ID(), "err", err)
		}
		took := time.Since(start)
		rest := idleEvery
		if err == nil && t.none == 0 {
			rest = min(max(roundEvery, restFor*took, time.Duration(asked)*restNode), restMax) - took
		}
		if !router.Wait(ctx, rest) {
			return nil
		}
	}
}

// round looks once, and says how many nodes it has asked.
func (t *term) round(ctx context.Context) (asked int, err error) {
	crews, err := t.look()
	if err != nil || len(crews) == 0 {
		clear(t.memory)
		return 0, err
	}
	nodes := where(crews)
	t.gather(ctx, crews, nodes)
	now, memory := time.Now(), make(map[fleet.ID]scaling.Memory, len(crews))
	var commands []roster.Command
	for _, c := range crews {
		var d scaling.Decision
		d, memory[c.ID] = scaling.Decide(c.Scaling, now, c.sample, t.memory[c.ID])
		if d.Count != c.Count {
			commands = append(commands, fleet.Scale{ID: c.ID, Count: d.Count, IfMatch: c.Revision, Reason: d.Reason})
			t.config.Logger.Info("a fleet is scaled", "fleet", c.ID, "from", c.Count, "to", d.Count, "reason", d.Reason)
		}
	}
	t.memory = memory
	for i, err := range t.config.Propose(ctx, t.group.ID(), commands) {
		if err != nil {
			t.config.Logger.Info("a fleet is not scaled", "fleet", commands[i].(fleet.Scale).ID, "err", err)
		}
	}
	return len(nodes), nil
}
