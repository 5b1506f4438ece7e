package logstore

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"
)

// Options say who is told what a Watched store sees. The zero value tells nobody.
type Options struct {
	// Now reads a monotonic clock; nil is time.Now.
	Now func() time.Time
	// Observe gets the name and the duration of every finished write.
	Observe func(op string, took time.Duration)
	// OnFault is called once, by the goroutine that met the first error of the store.
	OnFault func(error)
}

// Watched is a store with checksums, a stall clock and fail-stop. It is safe for
// concurrent use where the store below is.
type Watched struct {
	store   Store
	options Options
	fault   atomic.Pointer[error]
	mu      struct {
		sync.Mutex
		next    int
		started map[int]time.Time // writes under way
	}
}

var _ Store = (*Watched)(nil)

// Watch wraps store, which from then on belongs to the Watched.
func Watch(store Store, o Options) *Watched {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Observe == nil {
		o.Observe = func(string, time.Duration) {}
	}
	if o.OnFault == nil {
		o.OnFault = func(error) {}
	}
	w := &Watched{store: store, options: o}
	w.mu.started = map[int]time.Time{}
	return w
}

// Tell makes store, if it shares a disk with others, report their errors to w. Store is
// the one below all wrappers.
func (w *Watched) Tell(store Store) {
	if s, ok := store.(interface{ OnFault(func(error)) }); ok {
		s.OnFault(w.Fail)
	}
}

// Fault returns the error that stopped the store, or nil.
func (w *Watched) Fault() error {
	if err := w.fault.Load(); err != nil {
		return *err
	}
	return nil
}

// Fail stops the store for an error that something else met on the same disk.
func (w *Watched) Fail(err error) {
	_ = w.settle("a write of another group", err) // nobody waits for an answer here
}

// Stalled returns for how long the oldest write has been under way; 0 when none is.
func (w *Watched) Stalled() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	var longest time.Duration
	for _, at := range w.mu.started {
		longest = max(longest, w.options.Now().Sub(at))
	}
	return longest
}

// FirstIndex returns the first index of the log, 0 when it is empty.
func (w *Watched) FirstIndex() (i uint64, err error) {
	err = w.read("first index", func() error { i, err = w.store.FirstIndex(); return err })
	return i, err
}

// LastIndex returns the last index of the log, 0 when it is empty.
func (w *Watched) LastIndex() (i uint64, err error) {
	err = w.read("last index", func() error { i, err = w.store.LastIndex(); return err })
	return i, err
}

// GetLog reads an entry and verifies its checksum; a wrong one is ErrCorrupt and
// stops the store. The entry keeps its seal.
func (w *Watched) GetLog(index uint64, log *raft.Log) error {
	return w.read("get log", func() error {
		if err := w.store.GetLog(index, log); err != nil {
			return err
		}
		if log.Index != index {
			return fmt.Errorf("%w: index %d answers as %d", ErrCorrupt, index, log.Index)
		}
		return verify(log)
	})
}

// StoreLog stores one entry.
func (w *Watched) StoreLog(log *raft.Log) error { return w.StoreLogs([]*raft.Log{log}) }

// StoreLogs seals and stores entries. An entry that arrives with a wrong seal is
// ErrCorrupt, and none is stored.
func (w *Watched) StoreLogs(logs []*raft.Log) error {
	return w.write("store logs", func() error {
		out := make([]*raft.Log, len(logs))
		for i, log := range logs {
			sealed, err := sealed(log)
			if err != nil {
				return err
			}
			out[i] = sealed
		}
		return w.store.StoreLogs(out)
	})
}

// DeleteRange deletes the entries from low to high, both included.
func (w *Watched) DeleteRange(low, high uint64) error {
	return w.write("delete range", func() error { return w.store.DeleteRange(low, high) })
}

// Set stores a named value.
func (w *Watched) Set(key, value []byte) error {
	return w.write("set", func() error { return w.store.Set(key, value) })
}

// SetUint64 stores a named number.
func (w *Watched) SetUint64(key []byte, value uint64) error {
	return w.write("set", func() error { return w.store.SetUint64(key, value) })
}

// Get returns a named value, or ErrNotFound.
func (w *Watched) Get(key []byte) (value []byte, err error) {
	err = w.read("get", func() error { value, err = w.store.Get(key); return err })
	return value, err
}

// GetUint64 returns a named number, or ErrNotFound.
func (w *Watched) GetUint64(key []byte) (value uint64, err error) {
	err = w.read("get", func() error { value, err = w.store.GetUint64(key); return err })
	return value, err
}

// Close closes the store below, also one that has stopped.
func (w *Watched) Close() error { return w.store.Close() }

func (w *Watched) write(op string, do func() error) error {
	if err := w.Fault(); err != nil {
		return err
	}
	start := w.options.Now()
	w.mu.Lock()
	id := w.mu.next
	w.mu.next++
	w.mu.started[id] = start
	w.mu.Unlock()
	err := do()
	w.mu.Lock()
	delete(w.mu.started, id)
	w.mu.Unlock()
	w.options.Observe(op, w.options.Now().Sub(start))
	return w.settle(op, err)
}

func (w *Watched) read(op string, do func() error) error {
	if err := w.Fault(); err != nil {
		return err
	}
	return w.settle(op, do())
}

// settle passes on what is an answer and makes the first real error final.
func (w *Watched) settle(op string, err error) error {
	if err == nil || errors.Is(err, raft.ErrLogNotFound) || errors.Is(err, ErrNotFound) {
		return err
	}
	fault := fmt.Errorf("log store stopped at %s: %w", op, err)
	if !w.fault.CompareAndSwap(nil, &fault) {
		return w.Fault()
	}
	w.options.OnFault(fault)
	return fault
}
