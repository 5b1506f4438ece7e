package testcluster

import (
	"bytes"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"roster"
	"roster/fsm/codec"
	"roster/shard/logstore"
)

// disk makes the writes of one node's log stores take longer, and what it reads wrong.
type disk struct {
	delay atomic.Int64
	flip  atomic.Pointer[flip]
}

// flip is the description of an agent, and what is read in its place.
type flip struct{ from, to string }

// SlowDisk makes every write to the logs of node i take d longer from now on.
func (c *Cluster) SlowDisk(i int, d time.Duration) { c.members[i].disk.delay.Store(int64(d)) }

// Misread makes node i read another description of agents that are registered with from:
// damage that no checksum sees.
func (c *Cluster) Misread(i int, from, to string) { c.members[i].disk.flip.Store(&flip{from, to}) }

func (d *disk) wrap(_ roster.ShardID, s logstore.Store) logstore.Store { return &faultyStore{s, d} }

// wait comes before the store is touched: a store may not sleep while it holds a lock.
func (d *disk) wait() {
	if delay := time.Duration(d.delay.Load()); delay > 0 {
		after(delay)
	}
}

type faultyStore struct {
	logstore.Store
	disk *disk
}

func (s *faultyStore) GetLog(index uint64, log *raft.Log) error {
	err := s.Store.GetLog(index, log)
	if f := s.disk.flip.Load(); f != nil && err == nil && bytes.Contains(log.Data, []byte(f.from)) {
		return f.spoil(log)
	}
	return err
}

// spoil writes the entry anew, with the other description.
func (f *flip) spoil(log *raft.Log) error {
	entry, err := codec.DecodeEntry(log.Data)
	if err != nil {
		return err
	}
	for i, op := range entry.Ops {
		if r, ok := op.Command.(roster.Register); ok && r.Agent.Description == f.from {
			r.Agent.Description = f.to
			entry.Ops[i].Command = r
		}
	}
	if log.Data, err = codec.AppendEntry(nil, entry); err != nil {
		return err
	}
	return reseal(log)
}

// reseal gives a changed entry the checksum that it would have got when it was written.
func reseal(log *raft.Log) error {
	memory, err := logstore.Open(logstore.Memory, "")
	if err != nil {
		return err
	}
	log.Extensions = nil
	if err := logstore.Watch(memory, logstore.Options{Now: time.Now}).StoreLog(log); err != nil {
		return err
	}
	return memory.GetLog(log.Index, log)
}

func (s *faultyStore) StoreLog(log *raft.Log) error {
	s.disk.wait()
	return s.Store.StoreLog(log)
}

func (s *faultyStore) StoreLogs(logs []*raft.Log) error {
	s.disk.wait()
	return s.Store.StoreLogs(logs)
}

func (s *faultyStore) Set(key, value []byte) error {
	s.disk.wait()
	return s.Store.Set(key, value)
}

func (s *faultyStore) SetUint64(key []byte, value uint64) error {
	s.disk.wait()
	return s.Store.SetUint64(key, value)
}
