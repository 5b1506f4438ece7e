package testcluster

import (
	"bytes"
	"time"

	"github.com/hashicorp/raft"

	"roster"
	"roster/fsm/codec"
	"roster/shard/logstore"
)

// flip is the description of an agent, and what is read in its place.
type flip struct{ from, to string }

// Misread makes node i read another description of agents that are registered with from:
// damage that no checksum sees.
func (c *Cluster) Misread(i int, from, to string) { c.members[i].disk.flip.Store(&flip{from, to}) }

func (s *diskStore) GetLog(index uint64, log *raft.Log) error {
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
