package replica

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/raft"

	"roster/fsm"
)

// What a replica in quarantine holds back of the log while it waits for another state.
const (
	heldMax      = 16 << 10
	heldBytesMax = 64 << 20
)

// ErrQuarantine is why a machine has stopped whose state is wrong.
var ErrQuarantine = errors.New("replicas differ")

// ErrSeedTooOld is a state that ends before the entries that are still here begin: a newer
// one fits.
var ErrSeedTooOld = errors.New("the state is too old for what this replica has kept of the log")

// quarantine holds back what is not applied. The lock is held while entries are applied, so
// that a seed is taken, or put in, between two of them.
type quarantine struct {
	sync.Mutex
	on    atomic.Bool
	lost  uint64 // the last entry that is neither applied nor held
	held  []*raft.Log
	bytes int
}

// hold keeps an entry for later; with too many it begins anew.
func (q *quarantine) hold(log *raft.Log) {
	if !q.on.Load() {
		return
	}
	if len(q.held) == heldMax || q.bytes+len(log.Data) > heldBytesMax {
		q.lost, q.held, q.bytes = log.Index, nil, 0
		return
	}
	q.held = append(q.held, log)
	q.bytes += len(log.Data)
}

// Quarantine stops the machine because its state is wrong, until Reseed or Restore gives
// it another. It does nothing on a machine that has stopped before.
func (r *Replica) Quarantine(why error) {
	r.quarantine.Lock()
	defer r.quarantine.Unlock()
	if r.Fault() != nil {
		return
	}
	r.quarantine.lost = r.Applied()
	r.quarantine.on.Store(true)
	_ = r.Stop(fmt.Errorf("%w: %w", ErrQuarantine, why)) // told by OnFault
}

// Quarantined reports whether the state is wrong.
func (r *Replica) Quarantined() bool { return r.quarantine.on.Load() }

// Seed captures the state for a replica whose own is wrong, with the Raft index up to which
// it has everything.
func (r *Replica) Seed() (index uint64, state *fsm.Snapshot, err error) {
	r.quarantine.Lock()
	defer r.quarantine.Unlock()
	if err := r.Fault(); err != nil {
		return 0, nil, err
	}
	r.writer.Lock()
	defer r.writer.Unlock()
	return r.Applied(), r.machine.View().Snapshot(), nil
}

// Reseed ends a quarantine: it replaces the state by one that has everything up to a Raft
// index, and applies what was held back. The error is ErrSeedTooOld for a state that leaves
// a gap; any error leaves the replica as it was.
func (r *Replica) Reseed(index uint64, state io.Reader) error {
	r.quarantine.Lock()
	defer r.quarantine.Unlock()
	q := &r.quarantine
	switch {
	case !q.on.Load():
		return errors.New("this replica is not in quarantine")
	case index < q.lost:
		return ErrSeedTooOld
	}
	if err := r.restore(state); err != nil {
		return err
	}
	held := q.held
	r.begin(index)
	for _, log := range held {
		if log.Index > index {
			r.take(log)
		}
	}
	return nil
}

// begin goes on after the entry at index, with a state that came from elsewhere.
func (r *Replica) begin(index uint64) {
	r.quarantine.held, r.quarantine.bytes = nil, 0
	r.broken.Store(nil)
	r.digest.Restart(index)
	r.feed.restart(r.machine.Index())
	r.advance(index)
	if r.quarantine.on.CompareAndSwap(true, false) {
		r.options.OnHealed()
	}
}
