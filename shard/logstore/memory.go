package logstore

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
	"sync"

	"github.com/hashicorp/raft"
)

var errClosed = errors.New("log store is closed")

// memory keeps entries in a slice sorted by index. Gaps are allowed: Raft makes
// them when it installs a snapshot.
type memory struct {
	mu struct {
		sync.RWMutex
		logs   []raft.Log
		values map[string][]byte
		closed bool
	}
}

var _ Store = (*memory)(nil)

func newMemory() *memory {
	m := &memory{}
	m.mu.values = map[string][]byte{}
	return m
}

func (m *memory) FirstIndex() (uint64, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if len(m.mu.logs) == 0 {
		return 0, m.usable()
	}
	return m.mu.logs[0].Index, m.usable()
}

func (m *memory) LastIndex() (uint64, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if len(m.mu.logs) == 0 {
		return 0, m.usable()
	}
	return m.mu.logs[len(m.mu.logs)-1].Index, m.usable()
}

func (m *memory) GetLog(index uint64, log *raft.Log) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.usable(); err != nil {
		return err
	}
	i, found := m.find(index)
	if !found {
		return raft.ErrLogNotFound
	}
	*log = m.mu.logs[i]
	return nil
}

func (m *memory) StoreLog(log *raft.Log) error { return m.StoreLogs([]*raft.Log{log}) }

// StoreLogs keeps the bytes of the entries without a copy: Raft never changes them.
func (m *memory) StoreLogs(logs []*raft.Log) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(); err != nil {
		return err
	}
	for _, log := range logs {
		i, found := m.find(log.Index)
		if found {
			m.mu.logs[i] = *log
		} else {
			m.mu.logs = slices.Insert(m.mu.logs, i, *log)
		}
	}
	return nil
}

func (m *memory) DeleteRange(low, high uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(); err != nil {
		return err
	}
	if low > high {
		return nil
	}
	from, _ := m.find(low)
	to, found := m.find(high)
	if found {
		to++
	}
	m.mu.logs = slices.Delete(m.mu.logs, from, to)
	return nil
}

func (m *memory) Set(key, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(); err != nil {
		return err
	}
	m.mu.values[string(key)] = append([]byte{}, value...)
	return nil
}

func (m *memory) Get(key []byte) ([]byte, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.usable(); err != nil {
		return nil, err
	}
	value, ok := m.mu.values[string(key)]
	if !ok {
		return nil, ErrNotFound
	}
	return slices.Clone(value), nil
}

func (m *memory) SetUint64(key []byte, value uint64) error {
	return m.Set(key, binary.BigEndian.AppendUint64(nil, value))
}

func (m *memory) GetUint64(key []byte) (uint64, error) {
	value, err := m.Get(key)
	if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint64(value), nil
}

func (m *memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mu.closed = true
	return nil
}

func (m *memory) usable() error {
	if m.mu.closed {
		return errClosed
	}
	return nil
}

func (m *memory) find(index uint64) (int, bool) {
	return slices.BinarySearchFunc(m.mu.logs, index, func(l raft.Log, i uint64) int { return cmp.Compare(l.Index, i) })
}
