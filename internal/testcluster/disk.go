package testcluster

import (
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"roster"
	"roster/shard/logstore"
)

// disk makes the writes of one node's log stores take longer.
type disk struct{ delay atomic.Int64 }

// SlowDisk makes every write to the logs of node i take d longer from now on.
func (c *Cluster) SlowDisk(i int, d time.Duration) { c.members[i].disk.delay.Store(int64(d)) }

func (d *disk) wrap(_ roster.ShardID, s logstore.Store) logstore.Store { return &slowStore{s, d} }

// wait comes before the store is touched: a store may not sleep while it holds a lock.
func (d *disk) wait() {
	if delay := time.Duration(d.delay.Load()); delay > 0 {
		after(delay)
	}
}

type slowStore struct {
	logstore.Store
	disk *disk
}

func (s *slowStore) StoreLog(log *raft.Log) error {
	s.disk.wait()
	return s.Store.StoreLog(log)
}

func (s *slowStore) StoreLogs(logs []*raft.Log) error {
	s.disk.wait()
	return s.Store.StoreLogs(logs)
}

func (s *slowStore) Set(key, value []byte) error {
	s.disk.wait()
	return s.Store.Set(key, value)
}

func (s *slowStore) SetUint64(key []byte, value uint64) error {
	s.disk.wait()
	return s.Store.SetUint64(key, value)
}
