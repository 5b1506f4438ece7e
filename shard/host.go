package shard

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"roster"
	"roster/shard/link"
	"roster/shard/metrics"
	"roster/shard/pledge"
	"roster/shard/stores"
)

// Host holds the groups of one node.
type Host struct {
	config  Config
	hub     *link.Hub
	metrics *metrics.Collector
	stores  *stores.Stores
	open    atomic.Pointer[map[roster.ShardID]*Group] // for look-ups, which take no lock
	mu      struct {
		sync.Mutex
		groups map[roster.ShardID]*Group // nil while a group is being opened
		closed bool
	}
}

// OpenHost returns a Host without groups. It fails when c is not valid, the metrics are
// registered already, or the log below Dir cannot be used.
func OpenHost(c Config) (*Host, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	h := &Host{config: c.withDefaults()}
	h.mu.groups = map[roster.ShardID]*Group{}
	h.publish()
	h.metrics = metrics.New(h.samples)
	err := h.metrics.Register(c.Metrics)
	if err != nil {
		return nil, err
	}
	h.stores, err = stores.Open(stores.Config{Dir: h.config.Dir, Kind: h.config.Store, Logger: h.config.Logger})
	if err != nil {
		h.metrics.Unregister(h.config.Metrics)
		return nil, err
	}
	h.hub = link.OpenHub(link.HubOptions{Network: h.config.Network, AddressOf: h.config.AddressOf, Node: h.config.Node, Logger: h.config.Logger, Now: h.config.Now})
	return h, nil
}

// Open opens the group of a shard from its directory. Without anything there, it
// begins a new group with the servers of bootstrap, or, when bootstrap is empty,
// waits to be added to one. A shard that is open already is a Conflict.
func (h *Host) Open(ctx context.Context, id roster.ShardID, bootstrap []Server) (*Group, error) {
	if err := h.reserve(ctx, id); err != nil {
		return nil, err
	}
	g, err := h.openGroup(id, bootstrap)
	h.mu.Lock()
	late := h.mu.closed
	if err != nil || late {
		delete(h.mu.groups, id)
	} else {
		h.mu.groups[id] = g
		h.publish()
	}
	h.mu.Unlock()
	if err == nil && late {
		return nil, errors.Join(roster.Errorf(roster.CodeUnavailable, "this node is stopping"), g.close(ctx))
	}
	return g, err
}

func (h *Host) reserve(ctx context.Context, id roster.ShardID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.mu.closed {
		return roster.Errorf(roster.CodeUnavailable, "this node is stopping")
	}
	if _, open := h.mu.groups[id]; open {
		return roster.Errorf(roster.CodeConflict, "shard %v is open already", id)
	}
	h.mu.groups[id] = nil
	return nil
}

// Shut closes one group and keeps what it has on disk: from then on this node is silent in
// it, and Open opens it anew. It returns what the replica has promised, for who deletes it.
// The error is Conflict while its log is being moved.
func (h *Host) Shut(ctx context.Context, id roster.ShardID) (p pledge.Pledge, err error) {
	return p, h.stores.Release(id, func() error {
		g, open := h.Group(id)
		if !open {
			return roster.Errorf(roster.CodeConflict, "shard %v is not open", id)
		}
		h.mu.Lock()
		h.mu.groups[id] = nil
		h.publish()
		h.mu.Unlock()
		err := errors.Join(g.close(ctx), g.unpledged)
		p = g.pledge
		h.mu.Lock()
		delete(h.mu.groups, id)
		h.mu.Unlock()
		return err
	})
}

// Stores returns what knows where the logs of the groups are.
func (h *Host) Stores() *stores.Stores { return h.stores }

// Group returns an open group.
func (h *Host) Group(id roster.ShardID) (*Group, bool) {
	g, ok := (*h.open.Load())[id]
	return g, ok
}

// publish makes Group see the open groups; the lock is held, or nobody else knows h.
func (h *Host) publish() {
	open := make(map[roster.ShardID]*Group, len(h.mu.groups))
	for id, g := range h.mu.groups {
		if g != nil {
			open[id] = g
		}
	}
	h.open.Store(&open)
}

// Groups returns the open groups by shard.
func (h *Host) Groups() []*Group {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]*Group, 0, len(h.mu.groups))
	for _, g := range h.mu.groups {
		if g != nil {
			out = append(out, g)
		}
	}
	slices.SortFunc(out, func(a, b *Group) int { return cmp.Compare(a.id, b.id) })
	return out
}

// Close closes every group at the same time. Leaders do not hand over first: call
// TransferLeadership before where that matters.
func (h *Host) Close(ctx context.Context) error {
	h.mu.Lock()
	h.mu.closed = true
	h.mu.Unlock()
	h.stores.Rest()
	groups := h.Groups()
	errs := make([]error, len(groups))
	var wait sync.WaitGroup
	for i, g := range groups {
		wait.Go(func() { errs[i] = g.close(ctx) })
	}
	wait.Wait()
	h.metrics.Unregister(h.config.Metrics)
	return errors.Join(append(errs, h.hub.Close(), h.stores.Close())...)
}
