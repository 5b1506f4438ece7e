package testcluster

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"roster"
	"roster/shard/logstore"
)

// errOff is what writes meet whose machine has lost its power.
var errOff = errors.New("the machine is off")

// keptMark is in a store for which a kept log stands in.
const keptMark = "kept"

// disk is below the log stores of one node: it can be slow, hang, fail, and be cut off
// from a node that goes on. What its logs hold outlives the node where kept is set.
type disk struct {
	witness *Witness
	kept    bool
	life    atomic.Int64 // of the machine: writes of an older one fail
	delay   atomic.Int64
	fault   atomic.Pointer[error]
	flip    atomic.Pointer[flip]
	mu      struct {
		sync.Mutex
		gate chan struct{} // writes wait for its end; nil: they need not
		logs map[roster.ShardID]logstore.Store
	}
}

func newDisk(w *Witness, kept bool) *disk {
	d := &disk{witness: w, kept: kept}
	d.mu.logs = make(map[roster.ShardID]logstore.Store)
	return d
}

// SlowDisk makes every write to the logs of node i take d longer from now on.
func (c *Cluster) SlowDisk(i int, d time.Duration) { c.members[i].disk.delay.Store(int64(d)) }

// StallDisk makes every write to the logs of node i hang until MendDisk or PowerOff.
func (c *Cluster) StallDisk(i int) { c.members[i].disk.stall() }

// FailDisk makes every write to the logs of node i fail with err from now on.
func (c *Cluster) FailDisk(i int, err error) { c.members[i].disk.fault.Store(&err) }

// MendDisk ends what SlowDisk, StallDisk and FailDisk began.
func (c *Cluster) MendDisk(i int) { c.members[i].disk.mend() }

// PowerOff fails every write to the logs of node i that is under way or comes before the
// node's next start: what is not there yet never will be.
func (c *Cluster) PowerOff(i int) {
	c.members[i].disk.life.Add(1)
	c.members[i].disk.mend()
}

func (d *disk) stall() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.mu.gate == nil {
		d.mu.gate = make(chan struct{})
	}
}

func (d *disk) mend() {
	d.delay.Store(0)
	d.fault.Store(nil)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.mu.gate != nil {
		close(d.mu.gate)
		d.mu.gate = nil
	}
}

// wrap puts the disk under the store of a shard. A kept log stands in for what the node
// has opened, which is closed in its stead.
func (d *disk) wrap(shard roster.ShardID, opened logstore.Store) logstore.Store {
	s := &diskStore{Store: opened, opened: opened, disk: d, shard: shard, life: d.life.Load()}
	if !d.kept {
		return s
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	log := d.mu.logs[shard]
	if _, err := opened.Get([]byte(keptMark)); log == nil || err != nil { // none yet, or its files have been deleted
		log, _ = logstore.Open(logstore.Memory, "") // memory always opens
		d.mu.logs[shard] = log
		if err := opened.Set([]byte(keptMark), []byte(keptMark)); err != nil {
			log = opened // what is wrong with it shows
		}
	}
	s.Store = log
	return s
}

// wait comes before the store is touched: a store may not sleep while it holds a lock.
func (d *disk) wait(life int64) error {
	if delay := time.Duration(d.delay.Load()); delay > 0 {
		after(delay)
	}
	d.mu.Lock()
	gate := d.mu.gate
	d.mu.Unlock()
	if gate != nil {
		<-gate
	}
	if d.life.Load() != life {
		return errOff
	}
	if err := d.fault.Load(); err != nil {
		return *err
	}
	return nil
}

// diskStore is the log of one shard on a disk, in one life of the machine.
type diskStore struct {
	logstore.Store
	opened logstore.Store
	disk   *disk
	shard  roster.ShardID
	life   int64
}

var _ logstore.Store = (*diskStore)(nil)

// write does what changes the log, once the disk lets it.
func (s *diskStore) write(do func() error) error {
	if err := s.disk.wait(s.life); err != nil {
		return err
	}
	return do()
}

func (s *diskStore) StoreLog(log *raft.Log) error { return s.StoreLogs([]*raft.Log{log}) }

func (s *diskStore) StoreLogs(logs []*raft.Log) error {
	return s.write(func() error {
		s.disk.witness.Stores(s.shard, logs)
		return s.Store.StoreLogs(logs)
	})
}

func (s *diskStore) DeleteRange(low, high uint64) error {
	return s.write(func() error { return s.Store.DeleteRange(low, high) })
}

func (s *diskStore) Set(key, value []byte) error {
	return s.write(func() error { return s.Store.Set(key, value) })
}

func (s *diskStore) SetUint64(key []byte, value uint64) error {
	return s.write(func() error { return s.Store.SetUint64(key, value) })
}

func (s *diskStore) Close() error { return s.opened.Close() }
