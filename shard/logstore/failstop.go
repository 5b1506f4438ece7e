package logstore

import (
	"errors"
	"runtime"

	"github.com/hashicorp/raft"
)

// FailStop stands between Raft and its store. Raft answers some storage errors with
// a panic, which would end the process with all its shards, and others by going on.
// Here an error ends the goroutine that met it: Raft's main loop stops like one that
// crashed, its deferred calls answer what is under way, and nothing more is written.
type FailStop struct{ Store *Watched }

var (
	_ raft.LogStore    = (*FailStop)(nil)
	_ raft.StableStore = (*FailStop)(nil)
)

// FirstIndex returns the first index of the log.
func (f *FailStop) FirstIndex() (uint64, error) {
	i, err := f.Store.FirstIndex()
	return i, f.check(err)
}

// LastIndex returns the last index of the log.
func (f *FailStop) LastIndex() (uint64, error) {
	i, err := f.Store.LastIndex()
	return i, f.check(err)
}

// GetLog reads an entry.
func (f *FailStop) GetLog(index uint64, log *raft.Log) error {
	return f.check(f.Store.GetLog(index, log))
}

// StoreLog stores an entry.
func (f *FailStop) StoreLog(log *raft.Log) error { return f.check(f.Store.StoreLog(log)) }

// StoreLogs stores entries.
func (f *FailStop) StoreLogs(logs []*raft.Log) error { return f.check(f.Store.StoreLogs(logs)) }

// DeleteRange deletes entries.
func (f *FailStop) DeleteRange(low, high uint64) error {
	return f.check(f.Store.DeleteRange(low, high))
}

// Set stores a named value.
func (f *FailStop) Set(key, value []byte) error { return f.check(f.Store.Set(key, value)) }

// SetUint64 stores a named number.
func (f *FailStop) SetUint64(key []byte, value uint64) error {
	return f.check(f.Store.SetUint64(key, value))
}

// Get returns a named value.
func (f *FailStop) Get(key []byte) ([]byte, error) {
	value, err := f.Store.Get(key)
	return value, f.check(err)
}

// GetUint64 returns a named number.
func (f *FailStop) GetUint64(key []byte) (uint64, error) {
	value, err := f.Store.GetUint64(key)
	return value, f.check(err)
}

func (f *FailStop) check(err error) error {
	answer := err == nil || errors.Is(err, raft.ErrLogNotFound) || errors.Is(err, ErrNotFound)
	if !answer {
		runtime.Goexit()
	}
	return err
}
