package stores

import (
	"errors"
	"math"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/raft"

	"roster/shard/logstore"
)

// Movable is a store that can be exchanged for another while it is used. Writers wait
// while that happens; readers do not.
type Movable struct {
	current atomic.Pointer[logstore.Store]
	mu      struct {
		sync.Mutex
		next    int
		writers map[int]uint64 // with the lowest entry that each touches
		gate    chan struct{}  // closed when writers may go on; nil when they may
		idle    chan struct{}  // closed when the last writer is gone
		dirty   uint64         // the lowest entry that was touched since takeDirty
		broken  error
		onFault func(error)
	}
}

var _ logstore.Store = (*Movable)(nil)

func newMovable(store logstore.Store) *Movable {
	m := &Movable{}
	m.mu.writers, m.mu.dirty = map[int]uint64{}, math.MaxUint64
	m.current.Store(&store)
	return m
}

// OnFault has f told of an error of the disk that something else met.
func (m *Movable) OnFault(f func(error)) {
	m.mu.Lock()
	m.mu.onFault = f
	m.mu.Unlock()
	tell(*m.current.Load(), f)
}

func tell(store logstore.Store, f func(error)) {
	if s, ok := store.(interface{ OnFault(func(error)) }); ok && f != nil {
		s.OnFault(f)
	}
}

// write does what changes the store; entries from low on are touched.
func (m *Movable) write(low uint64, do func(logstore.Store) error) error {
	id, err := m.enter(low)
	if err != nil {
		return err
	}
	defer m.exit(id)
	return do(*m.current.Load())
}

func (m *Movable) enter(low uint64) (id int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.mu.gate != nil {
		gate := m.mu.gate
		m.mu.Unlock()
		<-gate
		m.mu.Lock()
	}
	if m.mu.broken != nil {
		return 0, m.mu.broken
	}
	m.mu.next++
	m.mu.writers[m.mu.next] = low
	m.mu.dirty = min(m.mu.dirty, low)
	return m.mu.next, nil
}

func (m *Movable) exit(id int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.mu.writers, id)
	if len(m.mu.writers) == 0 && m.mu.idle != nil {
		close(m.mu.idle)
		m.mu.idle = nil
	}
}

// freeze returns when nobody writes any more.
func (m *Movable) freeze() {
	m.mu.Lock()
	m.mu.gate = make(chan struct{})
	var idle chan struct{}
	if len(m.mu.writers) > 0 {
		idle = make(chan struct{})
		m.mu.idle = idle
	}
	m.mu.Unlock()
	if idle != nil {
		<-idle
	}
}

func (m *Movable) thaw() {
	m.mu.Lock()
	defer m.mu.Unlock()
	close(m.mu.gate)
	m.mu.gate = nil
}

// takeDirty returns the lowest entry that was touched since the last call. What is being
// touched now counts for the next call too.
func (m *Movable) takeDirty() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	dirty := m.mu.dirty
	m.mu.dirty = math.MaxUint64
	for _, low := range m.mu.writers { // order-free: the lowest
		m.mu.dirty = min(m.mu.dirty, low)
	}
	return dirty
}

// read does what changes nothing. A reader that met the end of a store that was just
// exchanged reads again.
func (m *Movable) read(do func(logstore.Store) error) error {
	before := m.current.Load()
	err := do(*before)
	if after := m.current.Load(); err != nil && after != before && !errors.Is(err, raft.ErrLogNotFound) {
		return do(*after)
	}
	return err
}

// FirstIndex returns the first index of the log.
func (m *Movable) FirstIndex() (i uint64, err error) {
	err = m.read(func(s logstore.Store) error { i, err = s.FirstIndex(); return err })
	return i, err
}

// LastIndex returns the last index of the log.
func (m *Movable) LastIndex() (i uint64, err error) {
	err = m.read(func(s logstore.Store) error { i, err = s.LastIndex(); return err })
	return i, err
}

// GetLog reads an entry.
func (m *Movable) GetLog(index uint64, log *raft.Log) error {
	return m.read(func(s logstore.Store) error { return s.GetLog(index, log) })
}

// StoreLog stores an entry.
func (m *Movable) StoreLog(log *raft.Log) error { return m.StoreLogs([]*raft.Log{log}) }

// StoreLogs stores entries.
func (m *Movable) StoreLogs(logs []*raft.Log) error {
	low := uint64(math.MaxUint64)
	for _, log := range logs {
		low = min(low, log.Index)
	}
	return m.write(low, func(s logstore.Store) error { return s.StoreLogs(logs) })
}

// DeleteRange deletes entries. At the front that touches nothing that is copied later.
func (m *Movable) DeleteRange(low, high uint64) error {
	first, err := m.FirstIndex()
	if err != nil {
		return err
	}
	touched := low
	if low <= first {
		touched = math.MaxUint64
	}
	return m.write(touched, func(s logstore.Store) error { return s.DeleteRange(low, high) })
}

// Set stores a named value.
func (m *Movable) Set(key, value []byte) error {
	return m.write(math.MaxUint64, func(s logstore.Store) error { return s.Set(key, value) })
}

// SetUint64 stores a named number.
func (m *Movable) SetUint64(key []byte, value uint64) error {
	return m.write(math.MaxUint64, func(s logstore.Store) error { return s.SetUint64(key, value) })
}

// Get returns a named value.
func (m *Movable) Get(key []byte) (value []byte, err error) {
	err = m.read(func(s logstore.Store) error { value, err = s.Get(key); return err })
	return value, err
}

// GetUint64 returns a named number.
func (m *Movable) GetUint64(key []byte) (value uint64, err error) {
	err = m.read(func(s logstore.Store) error { value, err = s.GetUint64(key); return err })
	return value, err
}

// Close closes the store that is used now.
func (m *Movable) Close() error { return (*m.current.Load()).Close() }
