package shard

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"roster"
)

// Host holds the groups of one node.
type Host struct {
	config  Config
	metrics *metrics
	open    atomic.Pointer[map[roster.ShardID]*Group] // for look-ups, which take no lock
	mu      struct {
		sync.Mutex
		groups map[roster.ShardID]*Group // nil while a group is being opened
		closed bool
	}
}

// OpenHost returns a Host without groups. It fails when c is not valid or the
// metrics are registered already.
func OpenHost(c Config) (*Host, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	h := &Host{config: c.withDefaults()}
	h.mu.groups = map[roster.ShardID]*Group{}
	h.publish()
	h.metrics = newMetrics(h)
	if c.Metrics != nil {
		if err := h.metrics.register(c.Metrics); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// Open opens the group of a shard from its directory. Without anything there, it
// begins a new group with the servers of bootstrap, or, when bootstrap is empty,
// waits to be added to one. A shard that is open already is a Conflict.
func (h *Host) Open(ctx context.Context, id roster.ShardID, bootstrap []Server) (*Group, error) {
	if err := h.reserve(ctx, id); err != nil {
		return nil, err
	}
	g, err := openGroup(h.config, h.metrics, id, h.dir(id), bootstrap)
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

func (h *Host) dir(id roster.ShardID) string {
	if h.config.Dir == "" {
		return ""
	}
	return filepath.Join(h.config.Dir, "shards", strconv.FormatUint(uint64(id), 10))
}

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
	groups := h.Groups()
	errs := make([]error, len(groups))
	var wait sync.WaitGroup
	for i, g := range groups {
		wait.Go(func() { errs[i] = g.close(ctx) })
	}
	wait.Wait()
	h.metrics.unregister()
	return errors.Join(errs...)
}
