package wal

import (
	"errors"
	"fmt"
	"math"
	"os"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/raft"

	"roster/shard/logstore/wal/format"
	"roster/shard/logstore/wal/index"
)

const (
	// entryMax bounds one entry: offsets within a segment have 32 bits.
	entryMax = 1 << 30
	keyMax   = math.MaxUint8
	// movesMax is how often a reader looks again for an entry that the cleaner moves.
	movesMax = 8
)

// group is what the log knows of a group. It shows what is safe.
type group struct {
	log    *Log
	id     uint32
	open   atomic.Bool
	chain  uint64 // the committer's, of what is written
	ahead  atomic.Pointer[block]
	read   atomic.Uint64 // the last entry that was read from the disk
	queued atomic.Uint64
	last   atomic.Pointer[batch] // that holds entries of the group
	mu     struct {
		sync.RWMutex
		begun   bool
		index   index.Index
		recent  index.Recent
		values  map[string][]byte
		chain   uint64
		onFault func(error)
	}
}

func newGroup(l *Log, id uint32) *group {
	g := &group{log: l, id: id, chain: format.Link(0, format.KindBegin, id, 0)}
	g.mu.values = map[string][]byte{}
	return g
}

// Group is one group's part of a Log.
type Group struct {
	group  *group
	closed atomic.Bool
	vote   struct {
		sync.Mutex
		term []byte // waits for its candidate
	}
}

// Close lets the group be opened again, when what is queued is safe or has failed.
func (h *Group) Close() error {
	if !h.closed.CompareAndSwap(false, true) {
		return nil
	}
	if b := h.group.last.Load(); b != nil {
		<-b.done
	}
	h.group.mu.Lock()
	h.group.mu.onFault = nil
	h.group.mu.Unlock()
	h.group.open.Store(false)
	return nil
}

// OnFault has f told, once, of the error that stops the log, whichever group met it: by
// the goroutine that did, or at once when it is late. F must not wait.
func (h *Group) OnFault(f func(error)) {
	told := sync.OnceFunc(func() { f(h.group.log.Fault()) })
	h.group.mu.Lock()
	h.group.mu.onFault = func(error) { told() }
	h.group.mu.Unlock()
	if h.group.log.Fault() != nil {
		told()
	}
}

// usable returns why the group cannot be used, or nil.
func (h *Group) usable() error {
	if h.closed.Load() {
		return errClosed
	}
	return h.group.log.Fault()
}

// FirstIndex returns the first index, 0 when there are no entries.
func (h *Group) FirstIndex() (uint64, error) {
	first, _ := h.group.bounds()
	return first, h.usable()
}

// LastIndex returns the last index, 0 when there are no entries.
func (h *Group) LastIndex() (uint64, error) {
	_, last := h.group.bounds()
	return last, h.usable()
}

func (g *group) bounds() (first, last uint64) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.mu.index.Bounds()
}

// Chain returns a hash of everything that the group has written and that is safe, in
// the order of writing: the same calls on a new log give the same chain.
func (h *Group) Chain() uint64 {
	h.group.mu.RLock()
	defer h.group.mu.RUnlock()
	return h.group.mu.chain
}

// Queued returns the index that was queued last, Durable the last one that is safe.
func (h *Group) Queued() uint64 { return h.group.queued.Load() }

// Durable returns the last index that is safe, 0 when there is none.
func (h *Group) Durable() uint64 {
	_, last := h.group.bounds()
	return last
}

// GetLog reads an entry, or returns raft.ErrLogNotFound. Its bytes must not be changed.
func (h *Group) GetLog(i uint64, log *raft.Log) error {
	if err := h.usable(); err != nil {
		return err
	}
	g := h.group
	var last index.Place
	for range movesMax {
		p, ok := g.lookup(i, log)
		if !ok {
			return raft.ErrLogNotFound
		}
		if p.Size == 0 {
			return nil // recent
		}
		payload, err := g.payload(i, p)
		if err == nil && (!format.DecodeEntry(payload, log) || log.Index != i) {
			err = fmt.Errorf("%w: entry %d of group %d is another", ErrCorrupt, i, g.id)
		}
		moved := errors.Is(err, ErrCorrupt) || errors.Is(err, errClosed)
		if !moved || p == last {
			return err
		}
		last = p // unless it was moved meanwhile, it is damaged
	}
	return fmt.Errorf("entry %d of group %d moves on and on", i, g.id)
}

// lookup fills log if the entry is recent; otherwise it says where it is.
func (g *group) lookup(i uint64, log *raft.Log) (index.Place, bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.mu.recent.Get(i, log) {
		return index.Place{}, true
	}
	return g.mu.index.Get(i)
}

// block is a stretch of a segment that was read at once.
type block struct {
	seq   uint32
	off   int64
	bytes []byte
}

// blockBytes are read at once by a reader that goes from entry to entry.
const blockBytes = 256 << 10

// payload reads a record of the group and checks it. The bytes are the caller's.
func (g *group) payload(i uint64, p index.Place) ([]byte, error) {
	if b := g.ahead.Load(); b != nil && b.seq == p.Seq && int64(p.Off) >= b.off && int64(p.Off)+int64(p.Size) <= b.off+int64(len(b.bytes)) {
		record := append([]byte{}, b.bytes[int64(p.Off)-b.off:][:p.Size]...)
		g.read.Store(i)
		return g.check(i, p, record)
	}
	s := g.log.segment(p.Seq)
	if s == nil {
		return nil, fmt.Errorf("%w: entry %d of group %d: segment %d is gone", ErrCorrupt, i, g.id, p.Seq)
	}
	if g.read.Swap(i)+1 == i {
		if n := min(s.end.Load()-int64(p.Off), blockBytes); n > int64(p.Size) {
			b := &block{p.Seq, int64(p.Off), make([]byte, n)}
			if _, err := s.file.ReadAt(b.bytes, b.off); err != nil {
				return nil, g.unread(i, err)
			}
			g.ahead.Store(b)
			return g.check(i, p, append([]byte{}, b.bytes[:p.Size]...))
		}
	}
	g.ahead.Store(nil) // it goes to and fro
	record := make([]byte, p.Size)
	if _, err := s.file.ReadAt(record, int64(p.Off)); err != nil {
		return nil, g.unread(i, err)
	}
	return g.check(i, p, record)
}

func (g *group) check(i uint64, p index.Place, record []byte) ([]byte, error) {
	if id, ok := format.Sound(record, format.Seed(g.log.name, p.Seq), p.Off); !ok || id != g.id {
		return nil, fmt.Errorf("%w: entry %d of group %d: checksum differs in %s at byte %d", ErrCorrupt, i, g.id, g.log.fs.Path(segmentName(p.Seq)), p.Off)
	}
	return record[format.RecordBytes:], nil
}

func (g *group) unread(i uint64, err error) error {
	if errors.Is(err, os.ErrClosed) {
		err = errClosed
	}
	return fmt.Errorf("read entry %d of group %d: %w", i, g.id, err)
}

// StoreLog stores an entry and returns when it is safe.
func (h *Group) StoreLog(log *raft.Log) error { return h.StoreLogs([]*raft.Log{log}) }

// StoreLogs stores entries and returns when they are safe.
func (h *Group) StoreLogs(logs []*raft.Log) error {
	if len(logs) == 0 {
		return h.usable()
	}
	t, err := h.Enqueue(logs)
	if err != nil {
		return err
	}
	return t.Wait()
}

// Enqueue queues entries, at least one. They show when the ticket says that they are
// safe, not before. They must not be changed any more.
func (h *Group) Enqueue(logs []*raft.Log) (Ticket, error) {
	if err := h.usable(); err != nil {
		return Ticket{}, err
	}
	from, bytes := 0, 0
	for i, log := range logs {
		n := format.EntrySize(log)
		if n > entryMax || len(log.Extensions) > math.MaxUint16 {
			return Ticket{}, fmt.Errorf("entry %d of group %d has %d bytes: at most %d", log.Index, h.group.id, n, entryMax)
		}
		if i > from && bytes+n > h.group.log.options.FlushBytes {
			if _, err := h.group.log.enqueue(op{group: h.group, kind: format.KindEntry, logs: logs[from:i]}, bytes); err != nil {
				return Ticket{}, err
			}
			from, bytes = i, 0
		}
		bytes += n
	}
	t, err := h.group.log.enqueue(op{group: h.group, kind: format.KindEntry, logs: logs[from:]}, bytes)
	if err == nil {
		h.group.queued.Store(logs[len(logs)-1].Index)
		h.group.last.Store(t.batch)
	}
	return t, err
}

// DeleteRange deletes the entries from low to high, both included, and returns when
// that is safe.
func (h *Group) DeleteRange(low, high uint64) error {
	if err := h.usable(); err != nil || low > high {
		return err
	}
	return h.group.log.write(op{group: h.group, kind: format.KindDelete, low: low, high: high}, format.RecordBytes+format.DeleteBytes)
}
