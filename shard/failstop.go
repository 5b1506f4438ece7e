package shard

import (
	"errors"
	"runtime"

	"github.com/hashicorp/raft"

	"roster/shard/logstore"
)

// failstop stands between Raft and its store. Raft answers some storage errors with
// a panic, which would end the process with all its shards, and others by going on.
// Here an error ends the goroutine that met it: Raft's main loop stops like one that
// crashed, its deferred calls answer what is under way, and nothing more is written.
type failstop struct{ store *logstore.Watched }

var (
	_ raft.LogStore    = (*failstop)(nil)
	_ raft.StableStore = (*failstop)(nil)
)

func (f *failstop) FirstIndex() (uint64, error) {
	i, err := f.store.FirstIndex()
	return i, f.check(err)
}

func (f *failstop) LastIndex() (uint64, error) {
	i, err := f.store.LastIndex()
	return i, f.check(err)
}

func (f *failstop) GetLog(index uint64, log *raft.Log) error {
	return f.check(f.store.GetLog(index, log))
}

func (f *failstop) StoreLog(log *raft.Log) error { return f.check(f.store.StoreLog(log)) }

func (f *failstop) StoreLogs(logs []*raft.Log) error { return f.check(f.store.StoreLogs(logs)) }

func (f *failstop) DeleteRange(low, high uint64) error {
	return f.check(f.store.DeleteRange(low, high))
}

func (f *failstop) Set(key, value []byte) error { return f.check(f.store.Set(key, value)) }

func (f *failstop) SetUint64(key []byte, value uint64) error {
	return f.check(f.store.SetUint64(key, value))
}

func (f *failstop) Get(key []byte) ([]byte, error) {
	value, err := f.store.Get(key)
	return value, f.check(err)
}

func (f *failstop) GetUint64(key []byte) (uint64, error) {
	value, err := f.store.GetUint64(key)
	return value, f.check(err)
}

func (f *failstop) check(err error) error {
	answer := err == nil || errors.Is(err, raft.ErrLogNotFound) || errors.Is(err, logstore.ErrNotFound)
	if !answer {
		runtime.Goexit()
	}
	return err
}
