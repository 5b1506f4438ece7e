package shard

import (
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/raft"

	"roster"
	"roster/fsm"
	"roster/fsm/codec"
)

// noDeadline is the deadline of a machine in which nothing is due.
const noDeadline = math.MaxInt64

// applier is the machine as Raft sees it. Raft calls it from one goroutine; View and
// the atomics serve all others.
type applier struct {
	shard    roster.ShardID
	machine  machine
	feed     *feed
	onFault  func(error)
	onApply  func(raftIndex uint64)
	writer   sync.RWMutex // held while the machine changes; Lookup does without
	broken   atomic.Pointer[error]
	applied  atomic.Uint64 // Raft index up to which the machine has everything
	logTime  atomic.Int64
	deadline atomic.Int64
	// restoreErr is why the last Restore failed, for who starts Raft.
	restoreErr error
}

var _ raft.BatchingFSM = (*applier)(nil)

func newApplier(shard roster.ShardID, m machine, onApply func(uint64), onFault func(error)) *applier {
	a := &applier{shard: shard, machine: m, feed: newFeed(shard), onApply: onApply, onFault: onFault}
	a.deadline.Store(noDeadline)
	return a
}

// outcome is what a log entry came to on this replica.
type outcome struct {
	results []roster.Result
	err     error // the machine has stopped
}

// Apply applies one entry. It returns an *outcome.
func (a *applier) Apply(log *raft.Log) interface{} { return a.apply(log) }

// ApplyBatch applies entries in order. Entries about the configuration only move
// the applied index.
func (a *applier) ApplyBatch(logs []*raft.Log) []interface{} {
	out := make([]interface{}, len(logs))
	for i, log := range logs {
		if log.Type == raft.LogCommand {
			out[i] = a.apply(log)
		} else if a.fault() == nil {
			a.advance(log.Index)
		}
	}
	return out
}

func (a *applier) apply(log *raft.Log) *outcome {
	if err := a.fault(); err != nil {
		return &outcome{err: err}
	}
	entry, err := codec.DecodeEntry(log.Data)
	if err == nil && entry.Shard != a.shard {
		err = fmt.Errorf("it is for shard %v", entry.Shard)
	}
	if err != nil {
		return &outcome{err: a.stop(fmt.Errorf("log entry %d of term %d cannot be read: %w", log.Index, log.Term, err))}
	}
	results, err := a.run(entry)
	if err != nil {
		return &outcome{err: a.stop(fmt.Errorf("log entry %d of term %d: %w", log.Index, log.Term, err))}
	}
	a.feed.publish(results, a.machine.Index())
	a.advance(log.Index)
	return &outcome{results: results}
}

// run lets the machine apply an entry and turns a panic into an error: what one
// entry breaks must not take the other shards of the process along.
func (a *applier) run(entry roster.Entry) (results []roster.Result, err error) {
	a.writer.Lock()
	defer a.writer.Unlock()
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic while applying: %v", cause)
		}
	}()
	results = a.machine.Apply(entry)
	if len(results) != len(entry.Ops) {
		return nil, fmt.Errorf("%d results for %d operations", len(results), len(entry.Ops))
	}
	a.note()
	return results, nil
}

// note publishes what others may ask of the machine; the writer's lock is held.
func (a *applier) note() {
	a.logTime.Store(int64(a.machine.Now()))
	due, ok := a.machine.View().NextDeadline()
	if !ok {
		due = noDeadline
	}
	a.deadline.Store(int64(due))
}

func (a *applier) advance(raftIndex uint64) {
	a.applied.Store(raftIndex)
	a.onApply(raftIndex)
}

// Snapshot captures the machine. A machine that has stopped has none: its state may
// be half of an entry.
func (a *applier) Snapshot() (snapshot raft.FSMSnapshot, err error) {
	if err := a.fault(); err != nil {
		return nil, err
	}
	defer func() {
		if cause := recover(); cause != nil {
			err = a.stop(fmt.Errorf("panic while taking a snapshot: %v", cause))
		}
	}()
	a.writer.RLock()
	defer a.writer.RUnlock()
	return &capture{state: a.machine.View().Snapshot()}, nil
}

// Restore replaces the machine's state by a snapshot. The machine verifies the
// whole stream before it lets go of what it has.
func (a *applier) Restore(stream io.ReadCloser) error {
	if err := a.fault(); err != nil {
		return err
	}
	index, err := snapshotIndex(stream)
	if err != nil {
		return err
	}
	if err := a.restore(stream); err != nil {
		a.restoreErr = fmt.Errorf("log index %d: %w", index, err)
		return a.restoreErr
	}
	a.feed.restart(a.machine.Index())
	a.advance(index)
	return nil
}

func (a *applier) restore(r io.Reader) (err error) {
	a.writer.Lock()
	defer a.writer.Unlock()
	defer func() {
		if cause := recover(); cause != nil {
			err = a.stop(fmt.Errorf("panic while restoring: %v", cause))
		}
	}()
	if err := a.machine.Restore(r); err != nil {
		return err
	}
	a.note()
	return nil
}

// view shows f one moment of the machine. What an entry that panicked left behind
// may make f panic as well.
func (a *applier) view(f func(*fsm.View) error) (index roster.Index, err error) {
	a.writer.RLock()
	defer a.writer.RUnlock()
	defer func() {
		if a.fault() == nil {
			return
		}
		if cause := recover(); cause != nil {
			err = roster.Errorf(roster.CodeInternal, "shard %v has stopped here, and its state cannot be read: %v", a.shard, cause)
		}
	}()
	return a.machine.Index(), f(a.machine.View())
}

func (a *applier) fault() error {
	if err := a.broken.Load(); err != nil {
		return *err
	}
	return nil
}

// stop makes the machine apply nothing more.
func (a *applier) stop(err error) error {
	if a.broken.CompareAndSwap(nil, &err) {
		a.onFault(err)
	}
	return a.fault()
}

// capture is a snapshot on its way to the disk or to a peer.
type capture struct{ state *fsm.Snapshot }

func (c *capture) Persist(sink raft.SnapshotSink) error {
	if _, err := c.state.WriteTo(sink); err != nil {
		return errors.Join(err, sink.Cancel())
	}
	return sink.Close()
}

func (c *capture) Release() {}
