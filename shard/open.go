package shard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"roster"
	"roster/shard/apart"
	"roster/shard/handover"
	"roster/shard/link"
	"roster/shard/logstore"
	"roster/shard/replica"
	"roster/shard/rounds"
	"roster/shard/trail"
)

// openGroup builds a group bottom up: store, snapshots, machine, link, Raft.
func (h *Host) openGroup(id roster.ShardID, bootstrap []Server) (*Group, error) {
	c := h.config
	g := &Group{
		id: id, config: c, timing: c.Profile(id), logger: c.Logger.With("shard", uint32(id)),
		closing: make(chan struct{}), dead: make(chan struct{}), troubles: make(chan trouble, troublesMax), healed: make(chan struct{}, 1),
	}
	g.reads = rounds.New(g.readIndex)
	g.handover = handover.New()
	g.deaths = make(chan raft.ServerID, 1)
	g.proposer = newProposer(g)
	if err := g.openStores(h); err != nil {
		return nil, fmt.Errorf("shard %v: %w", id, err)
	}
	g.fresh = replica.NewFreshness(g.store)
	g.replica = replica.New(id, c.tuning.machine(id), replica.Options{OnApply: g.onApply, OnFault: g.machineFault, OnHealed: g.heal})
	g.openLink(h.hub)
	g.trail = trail.New(trail.Options{Follower: g.link.Follower, Trailing: c.Compaction.Trailing, HoldBytes: c.tuning.hold, Logger: g.logger, Now: c.Now})
	g.store.Tell(g.below) // everything that a fault stops is there
	notify := make(chan bool, notifyMax)
	if err := g.start(notify, bootstrap); err != nil {
		return nil, errors.Join(fmt.Errorf("shard %v: %w", id, err), g.link.Close(), g.store.Close())
	}
	g.run(notify)
	return g, nil
}

// openStores opens the log and the snapshots of the group.
func (g *Group) openStores(h *Host) error {
	store, kind, err := h.stores.Open(g.id)
	if err != nil {
		return err
	}
	g.store = logstore.Watch(g.config.Disk(g.id, g.config.tuning.store(store)), logstore.Options{
		Now: g.config.Now, OnFault: g.storageFault,
		Observe: func(op string, took time.Duration) { h.metrics.Wrote(g.id, op, took) },
	})
	g.logs = &logstore.FailStop{Store: g.store}
	dir := h.stores.Dir(g.id)
	if kind == logstore.Memory {
		dir = ""
	}
	g.snaps, err = logstore.OpenSnapshots(dir, slog.NewLogLogger(g.logger.Handler(), slog.LevelDebug).Writer())
	if err != nil {
		return errors.Join(err, g.store.Close())
	}
	g.below = store
	return nil
}

func (g *Group) openLink(hub *link.Hub) {
	g.link = hub.Open(link.Options{
		Group:   uint32(g.id),
		Hold:    g.timing.Heartbeat / 10,
		Stalled: func() bool { return g.store.Stalled() > stallMax },
		Votes:   func() bool { return g.elector.Votes() },
		Settled: g.settled,
		OnTold: func(commit uint64, at time.Time) {
			g.fresh.Tell(commit, at)
			g.bell.Ring()
		},
		OnContact: g.contacted,
		OnGone:    g.gone,
		Install: func(ctx context.Context, to raft.ServerID, index uint64, send func() error) error {
			return g.trail.Install(ctx, to, index, send)
		},
	})
}

func (g *Group) onApply(index uint64) {
	g.fresh.Apply(index)
	g.applied.Ring()
	g.bell.Ring()
}

// start repairs the log, begins a new group if that is asked for, and starts Raft.
func (g *Group) start(notify chan bool, bootstrap []Server) error {
	c := g.raftConfig(notify)
	if err := logstore.Repair(g.store, g.snaps, g.logger); err != nil {
		return err
	}
	if err := g.bootstrap(c, bootstrap); err != nil {
		return err
	}
	if err := g.elector.Begin(g.config.Pledge, g.id, g.store, g.snaps, c); err != nil {
		return err
	}
	if err := g.newRaft(c); err != nil {
		return err
	}
	g.shutdown = sync.OnceValue(g.raft.Shutdown)
	g.link.Bind(g.raft)
	return nil
}

// newRaft starts Raft from a goroutine of its own, because a storage error ends the
// goroutine that meets it, and raft.NewRaft panics over some others.
func (g *Group) newRaft(c *raft.Config) error {
	err := apart.Run("raft cannot start", func() (err error) {
		g.raft, err = raft.NewRaft(c, g.replica, g.trail.Over(g.logs), g.logs, g.snaps, g.link)
		return err
	})
	if err == nil {
		return nil
	}
	if bad := g.replica.RestoreError(); bad != nil {
		err = logstore.Unreadable("of this shard", bad)
	}
	return errors.Join(err, g.fault())
}

func (g *Group) raftConfig(notify chan<- bool) *raft.Config {
	c := raft.DefaultConfig()
	c.LocalID = raft.ServerID(g.config.Node)
	c.HeartbeatTimeout, c.ElectionTimeout = g.timing.Heartbeat, g.timing.Election
	c.LeaderLeaseTimeout, c.CommitTimeout = g.timing.Lease, g.timing.Commit
	c.MaxAppendEntries = appendEntriesMax
	c.TrailingLogs, c.SnapshotThreshold = g.config.Compaction.Trailing, g.config.Compaction.Threshold
	// Shards take their snapshots at different times.
	c.SnapshotInterval = g.config.Compaction.Interval * time.Duration(16+g.id%16) / 16
	c.NoLegacyTelemetry, c.ShutdownOnRemove = true, true
	c.NotifyCh, c.Logger = notify, link.NewLog(g.logger, g.config.Now)
	return c
}

// bootstrap writes the first configuration of a group that has no state.
func (g *Group) bootstrap(c *raft.Config, servers []Server) error {
	if len(servers) == 0 {
		return nil
	}
	var first raft.Configuration
	for _, s := range servers {
		server := raft.Server{ID: raft.ServerID(s.ID), Address: raft.ServerAddress(s.ID)}
		if s.Reader {
			server.Suffrage = raft.Nonvoter
		}
		first.Servers = append(first.Servers, server)
	}
	return logstore.Bootstrap(c, g.store, g.snaps, g.link, first)
}

// run starts the goroutines of the group; close ends and joins them.
func (g *Group) run(notify <-chan bool) {
	var ctx context.Context
	ctx, g.cancel = context.WithCancel(context.Background())
	g.routines.Go(func() { g.follow(ctx, notify) })
	g.routines.Go(func() { g.proposer.run(ctx) })
	g.routines.Go(func() { g.guard(ctx) })
	g.routines.Go(func() { g.succeed(ctx) })
	g.routines.Go(func() { g.compact(ctx) })
	g.routines.Go(func() { g.elector.Run(ctx, g.raft, g.raftConfig(nil), g.store, g.snaps) }) //nolint:errcheck // a storage error ends the group
}

// compact takes a snapshot as soon as one is due by what has changed: Raft counts entries
// alone, and a bulk load has few, each of a thousand operations.
func (g *Group) compact(ctx context.Context) {
	due := time.NewTicker(g.config.Compaction.Changes)
	defer due.Stop()
	for before := int64(0); ; before = g.replica.Changes() {
		select {
		case <-due.C:
		case <-g.healed: // the snapshots on disk may hold what was wrong
			_ = g.await(ctx, g.raft.Snapshot()) // comparing finds it again after a start
			continue
		case <-ctx.Done():
			return
		}
		if !g.replica.Stale(g.replica.Changes() == before) {
			continue
		}
		if err := g.await(ctx, g.raft.Snapshot()); err != nil {
			g.logger.Debug("take a snapshot", "err", err)
		}
	}
}
