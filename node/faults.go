package node

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"roster"
	"roster/node/founding"
	"roster/node/router"
)

// A disk that has not finished a write for diskStallMax is taken for dead. Shorter
// stalls move the leaderships away, which package shard does by itself.
const (
	diskStallMax = 10 * time.Second
	diskEvery    = time.Second
)

// fault is told of a replica that can go on no longer, or again. A replica that panicked
// stops alone; an error of its storage ends the node, because what the disk then holds is
// known only after a new start.
func (n *Node) fault(id roster.ShardID, err error) {
	n.mu.Lock()
	if n.mu.faults[id] = err; err == nil {
		delete(n.mu.faults, id)
	}
	n.mu.Unlock()
	if g, ok := n.host.Group(id); ok && g.StorageFault() != nil {
		n.stop(&roster.Error{Code: roster.CodeInternal, Shard: id, Cause: err,
			Detail: "the storage of a shard failed: check the disk below the data directory, then start the node again"})
	}
}

// watchDisk ends the node when a write to its disk hangs.
func (n *Node) watchDisk(ctx context.Context) error {
	for router.Wait(ctx, diskEvery) {
		for _, g := range n.host.Groups() {
			if stall := g.Stalled(); stall > diskStallMax {
				return roster.Errorf(roster.CodeInternal, "a write to the log of shard %s has hung for %v: check the disk below the data directory, then start the node again", g.ID(), stall.Round(time.Second))
			}
		}
	}
	return nil
}

// logFault says where the shared log is that does not open.
func (n *Node) logFault(err error) error {
	if _, ok := errors.AsType[*roster.Error](err); ok {
		return err
	}
	return founding.DirFault(filepath.Join(n.config.DataDir, "log"), "cannot be used", err)
}

// shardFault says what to do about a replica that does not open. What has a code says
// so itself.
func (n *Node) shardFault(id roster.ShardID, err error) error {
	if _, ok := errors.AsType[*roster.Error](err); ok || err == nil {
		return err
	}
	return founding.DirFault(n.shardDir(id), "cannot be used. If the disk is sound and has room: "+
		"empty the data directory and start as a new node while the shard's other voters live, or restore a copy of the whole directory", err)
}
