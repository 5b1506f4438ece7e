package replica

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
	"roster/shard/digest"
	"roster/shard/logstore"
)

// noDeadline is the deadline of a machine in which nothing is due.
const noDeadline = math.MaxInt64

// staleMin is how many operations a start may have to repeat whatever their share: a
// tenth of a second's work.
const staleMin = 16 << 10

// Options say who is told what a Replica does. All are called on the goroutine that
// applies and must not wait.
type Options struct {
	// OnApply is told the Raft index up to which everything has been applied.
	OnApply func(raftIndex uint64)
	// OnFault is told once why the machine has stopped.
	OnFault func(error)
	// OnHealed is told that a quarantine has ended.
	OnHealed func()
}

// Replica is a machine as Raft sees it. Raft calls Apply, Snapshot and Restore from
// one goroutine; everything else is for all others.
type Replica struct {
	shard    roster.ShardID
	machine  Machine
	feed     *feed
	digest   *digest.Digest
	options  Options
	writer   sync.RWMutex // held while the machine changes; Lookup does without
	broken   atomic.Pointer[error]
	applied  atomic.Uint64
	logTime  atomic.Int64
	deadline atomic.Int64
	agents   atomic.Int64
	changes  atomic.Int64 // operations since the last snapshot
	// restoreErr is why the last Restore failed, for who starts Raft.
	restoreErr error
	quarantine quarantine
}

var _ raft.BatchingFSM = (*Replica)(nil)

// New returns a replica of a shard that applies to m.
func New(shard roster.ShardID, m Machine, o Options) *Replica {
	r := &Replica{shard: shard, machine: m, feed: newFeed(shard), digest: digest.New(), options: o}
	r.deadline.Store(noDeadline)
	return r
}

// Outcome is what a log entry came to on this replica: one result for each operation,
// or why the machine has stopped.
type Outcome struct {
	Results []roster.Result
	Err     error
}

// Apply applies one entry. It returns an *Outcome.
func (r *Replica) Apply(log *raft.Log) interface{} {
	r.quarantine.Lock()
	defer r.quarantine.Unlock()
	return r.take(log)
}

// ApplyBatch applies entries in order. Entries about the configuration only move
// the applied index.
func (r *Replica) ApplyBatch(logs []*raft.Log) []interface{} {
	r.quarantine.Lock()
	defer r.quarantine.Unlock()
	out := make([]interface{}, len(logs))
	for i, log := range logs {
		out[i] = r.take(log)
	}
	return out
}

// take applies an entry, if it is a command, or holds it back; the quarantine's lock is held.
func (r *Replica) take(log *raft.Log) *Outcome {
	if err := r.Fault(); err != nil {
		r.quarantine.hold(log)
		return &Outcome{Err: err}
	}
	if log.Type != raft.LogCommand {
		r.advance(log.Index)
		return nil
	}
	return r.apply(log)
}

func (r *Replica) apply(log *raft.Log) *Outcome {
	entry, err := codec.DecodeEntry(log.Data)
	if err == nil && entry.Shard != r.shard {
		err = fmt.Errorf("it is for shard %v", entry.Shard)
	}
	if err != nil {
		return &Outcome{Err: r.Stop(fmt.Errorf("log entry %d of term %d cannot be read: %w", log.Index, log.Term, err))}
	}
	results, err := r.run(entry)
	if err != nil {
		return &Outcome{Err: r.Stop(fmt.Errorf("log entry %d of term %d: %w", log.Index, log.Term, err))}
	}
	r.digest.Add(log.Index, log.Data, results)
	r.feed.publish(results, r.machine.Index())
	r.advance(log.Index)
	return &Outcome{Results: results}
}

// run lets the machine apply an entry and turns a panic into an error: what one
// entry breaks must not take the other shards of the process along.
func (r *Replica) run(entry roster.Entry) (results []roster.Result, err error) {
	r.writer.Lock()
	defer r.writer.Unlock()
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic while applying: %v", cause)
		}
	}()
	results = r.machine.Apply(entry)
	if len(results) != len(entry.Ops) {
		return nil, fmt.Errorf("%d results for %d operations", len(results), len(entry.Ops))
	}
	r.changes.Add(int64(len(entry.Ops)))
	r.note()
	return results, nil
}

// note publishes what others may ask of the machine; the writer's lock is held.
func (r *Replica) note() {
	r.logTime.Store(int64(r.machine.Now()))
	view := r.machine.View()
	r.agents.Store(int64(view.Agents()))
	due, ok := view.NextDeadline()
	if !ok {
		due = noDeadline
	}
	r.deadline.Store(int64(due))
}

func (r *Replica) advance(raftIndex uint64) {
	r.applied.Store(raftIndex)
	r.options.OnApply(raftIndex)
}

// Snapshot captures the machine. A machine that has stopped has none: its state may
// be half of an entry.
func (r *Replica) Snapshot() (snapshot raft.FSMSnapshot, err error) {
	if err := r.Fault(); err != nil {
		return nil, err
	}
	defer func() {
		if cause := recover(); cause != nil {
			err = r.Stop(fmt.Errorf("panic while taking a snapshot: %v", cause))
		}
	}()
	r.writer.Lock() // two captures at once, with Seed's, would disturb each other
	defer r.writer.Unlock()
	r.changes.Store(0)
	return &capture{state: r.machine.View().Snapshot()}, nil
}

// Capture returns the state as it is now, and how many agents it has. Unlike Snapshot it
// is for all others, and keeps the writer out for a moment.
func (r *Replica) Capture() (*fsm.Snapshot, int, error) {
	if err := r.Fault(); err != nil {
		return nil, 0, err
	}
	r.writer.Lock()
	defer r.writer.Unlock()
	view := r.machine.View()
	return view.Snapshot(), view.Agents(), nil
}

// Changes counts the operations since the last snapshot.
func (r *Replica) Changes() int64 { return r.changes.Load() }

// Stale reports whether a start from the last snapshot would be slow: at least staleMin
// operations came after it. While more come they must be half as many as there are
// agents, so that all snapshots of a growing roll together write it about twice.
func (r *Replica) Stale(resting bool) bool {
	least := int64(staleMin)
	if !resting {
		least = max(least, r.agents.Load()/2)
	}
	return r.Fault() == nil && r.changes.Load() >= least
}

// Restore replaces the machine's state by a snapshot. The machine verifies the
// whole stream before it lets go of what it has. It ends a quarantine.
func (r *Replica) Restore(stream io.ReadCloser) error {
	r.quarantine.Lock()
	defer r.quarantine.Unlock()
	if err := r.Fault(); err != nil && !r.quarantine.on.Load() {
		return err
	}
	index, err := logstore.SnapshotIndex(stream)
	if err != nil {
		return err
	}
	if err := r.restore(stream); err != nil {
		r.restoreErr = fmt.Errorf("log index %d: %w", index, err)
		return r.restoreErr
	}
	r.begin(index)
	return nil
}

func (r *Replica) restore(stream io.Reader) (err error) {
	r.writer.Lock()
	defer r.writer.Unlock()
	defer func() {
		if cause := recover(); cause != nil {
			err = r.Stop(fmt.Errorf("panic while restoring: %v", cause))
		}
	}()
	if err := r.machine.Restore(stream); err != nil {
		return err
	}
	r.changes.Store(0)
	r.note()
	return nil
}

// View shows f one moment of the machine, and keeps the writer out meanwhile. What an entry that panicked left behind
// may make f panic as well.
func (r *Replica) View(f func(*fsm.View) error) (index roster.Index, err error) {
	r.writer.RLock()
	defer r.writer.RUnlock()
	defer func() {
		if r.Fault() == nil {
			return
		}
		if cause := recover(); cause != nil {
			err = roster.Errorf(roster.CodeInternal, "shard %v has stopped here, and its state cannot be read: %v", r.shard, cause)
		}
	}()
	return r.machine.Index(), f(r.machine.View())
}

// Fault returns why the machine has stopped, or nil.
func (r *Replica) Fault() error {
	if err := r.broken.Load(); err != nil {
		return *err
	}
	return nil
}

// Lookup returns the newest applied record of an agent.
func (r *Replica) Lookup(id roster.AgentID) (*roster.Record, bool) { return r.machine.Lookup(id) }

// Index returns the number of the last command applied.
func (r *Replica) Index() roster.Index { return r.machine.Index() }

// Applied returns the Raft index up to which the machine has everything it is given.
func (r *Replica) Applied() uint64 { return r.applied.Load() }

// LogTime returns the log time of the last entry applied.
func (r *Replica) LogTime() roster.LogTime { return roster.LogTime(r.logTime.Load()) }

// Deadline returns the log time at which something in the machine is due, and whether
// anything is.
func (r *Replica) Deadline() (roster.LogTime, bool) {
	due := r.deadline.Load()
	return roster.LogTime(due), due != noDeadline
}

// Feed returns a reader of the events after an index. The error is Gone, with the
// earliest index that is kept, when after lies before that.
func (r *Replica) Feed(after roster.Index) (*Feed, error) { return r.feed.open(after) }

// RestoreError returns why the last Restore failed. Raft only logs it.
func (r *Replica) RestoreError() error { return r.restoreErr }

// Close ends the readers of events once they have read what there is.
func (r *Replica) Close() { r.feed.close() }

// Windows returns digests of what was applied, oldest first.
func (r *Replica) Windows() []digest.Window { return r.digest.Windows() }

// Stop makes the machine apply nothing more, and returns why it does not: the first
// reason counts.
func (r *Replica) Stop(err error) error {
	if r.broken.CompareAndSwap(nil, &err) {
		r.options.OnFault(err)
	}
	return r.Fault()
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
