package pledge

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"roster"
	"roster/shard/logstore"
)

const (
	// never is how long a server waits for its leader that may not stand for election.
	never = 24 * time.Hour
	// lookEvery is how often it is looked whether a log has come as far as the pledge.
	lookEvery = 50 * time.Millisecond
)

// Elector says whether a server takes part in elections: the zero Elector does not, until
// Begin.
type Elector struct {
	pledge Pledge
	whole  atomic.Bool
}

// Begin gives a store what was promised before it, and a configuration the patience of a
// server that may not stand yet. of knows the pledge of each group; nil is none of any.
func (e *Elector) Begin(of func(roster.ShardID) Pledge, id roster.ShardID, store logstore.Store, snaps raft.SnapshotStore, c *raft.Config) error {
	if of != nil {
		e.pledge = of(id)
	}
	if err := e.pledge.Restore(store); err != nil {
		return err
	}
	err := e.look(store, snaps)
	e.Restrain(c)
	return err
}

// NewElector returns the Elector of a server that has pledged p and whose log is opened. A
// log that is up to date takes part at once.
func NewElector(p Pledge, logs raft.LogStore, snaps raft.SnapshotStore) (*Elector, error) {
	e := &Elector{pledge: p}
	return e, e.look(logs, snaps)
}

func (e *Elector) look(logs raft.LogStore, snaps raft.SnapshotStore) error {
	index, term, err := last(logs, snaps)
	if err == nil && e.pledge.upTo(term, index) {
		e.whole.Store(true)
	}
	return err
}

// Votes reports whether the server may give its vote, or stand.
func (e *Elector) Votes() bool { return e.whole.Load() }

// Restrain makes a configuration that of a server that does not stand, while it may not.
func (e *Elector) Restrain(c *raft.Config) {
	if !e.Votes() {
		c.HeartbeatTimeout, c.ElectionTimeout = never, never
	}
}

// Run lets the server stand for election, with the times of normal, once its log has come
// as far as the pledge.
func (e *Elector) Run(ctx context.Context, r *raft.Raft, normal *raft.Config, logs raft.LogStore, snaps raft.SnapshotStore) error {
	if e.Votes() {
		return nil
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for !e.Votes() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		if err := e.look(logs, snaps); err != nil {
			return err
		}
	}
	c := r.ReloadableConfig()
	c.HeartbeatTimeout, c.ElectionTimeout = normal.HeartbeatTimeout, normal.ElectionTimeout
	return r.ReloadConfig(c)
}
