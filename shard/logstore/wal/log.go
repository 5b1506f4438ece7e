package wal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"roster/shard/logstore/disk"
	"roster/shard/logstore/wal/format"
)

// What a log is made of, unless Options say otherwise.
const (
	SegmentBytes = 64 << 20 // less where a new log finds little room
	FlushBytes   = 8 << 20  // a frame takes no more than this, and one call
	QueueBytes   = 64 << 20 // writers wait while more is queued
	CacheBytes   = 32 << 20 // newest entries that are kept in memory
)

// Options size a log. Zeros stand for the constants; a log keeps the size of segment
// with which it began.
type Options struct {
	SegmentBytes, FlushBytes, QueueBytes, CacheBytes int

	// Begun is set when there has been a log: then Open does not begin one.
	Begun bool

	log uint64 // names a new log; 0 draws a name
}

// Log is the log of a node. Its methods may be used from many goroutines.
type Log struct {
	fs      disk.FS
	options Options
	lock    io.Closer
	name    uint64
	failed  chan struct{} // closed with the first error
	fault   atomic.Pointer[error]
	kick    chan struct{} // wakes the committer
	untidy  chan struct{} // wakes the cleaner
	began   chan struct{} // wakes the preparer
	spares  chan *segment // given up, to be used again
	next    chan *segment // made ready
	rows    atomic.Pointer[[]*segment]
	commit  committer
	frames  atomic.Uint64
	workers struct{ cleaner, preparer, committer worker }
	mu      struct {
		sync.Mutex
		room    sync.Cond // the queue shrank, or will move no more
		queue   []*batch
		bytes   int
		groups  map[uint32]*group
		closing bool
	}
}

// worker is a goroutine with its end.
type worker struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
}

func (w *worker) start(run func(ctx context.Context) error, fail func(error)) {
	var ctx context.Context
	ctx, w.cancel = context.WithCancel(context.Background())
	w.done.Go(func() {
		if err := run(ctx); err != nil {
			fail(err)
		}
	})
}

func (w *worker) stop() {
	w.cancel()
	w.done.Wait()
}

func (o Options) withDefaults() Options {
	for _, d := range []struct {
		at     *int
		normal int
	}{{&o.FlushBytes, FlushBytes}, {&o.QueueBytes, QueueBytes}, {&o.CacheBytes, CacheBytes}} {
		if *d.at == 0 {
			*d.at = d.normal
		}
	}
	return o
}

// Open opens the log in fs, or begins one where there is nothing. The error is
// disk.ErrInUse when somebody else has it, and ErrCorrupt when what was synced is not
// whole: then nothing has been changed.
func Open(fs disk.FS, o Options) (*Log, error) {
	l := &Log{
		fs: fs, options: o.withDefaults(), failed: make(chan struct{}), kick: make(chan struct{}, 1), untidy: make(chan struct{}, 1),
		spares: make(chan *segment, sparesMax), next: make(chan *segment, 1), began: make(chan struct{}, 1),
	}
	l.mu.room.L = &l.mu.Mutex
	l.mu.groups = map[uint32]*group{}
	l.commit.log = l
	lock, err := fs.Lock()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fs.Path(""), err)
	}
	l.lock = lock
	if err := l.recover(); err != nil {
		return nil, errors.Join(err, l.closeFiles())
	}
	l.workers.preparer.start(l.prepare, l.fail)
	l.workers.committer.start(l.commit.run, l.fail)
	l.workers.cleaner.start(l.clean, l.fail)
	wake(l.untidy)
	return l, nil
}

// Has reports whether the log knows a group.
func (l *Log) Has(id uint32) bool {
	return l.group(id) != nil
}

// Groups lists the groups, in order.
func (l *Log) Groups() []uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	var ids []uint32
	for id := range l.mu.groups {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// group returns what the log knows of a group, or nil.
func (l *Log) group(id uint32) *group {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mu.groups[id]
}

// Group opens a group, and begins it where the log does not know it. The error is
// disk.ErrInUse while it is open.
func (l *Log) Group(id uint32) (*Group, error) {
	l.mu.Lock()
	g, known := l.mu.groups[id]
	if !known {
		g = newGroup(l, id)
		l.mu.groups[id] = g
	}
	l.mu.Unlock()
	if !g.open.CompareAndSwap(false, true) {
		return nil, fmt.Errorf("group %d: %w", id, disk.ErrInUse)
	}
	h := &Group{group: g}
	if known {
		return h, l.Fault()
	}
	if err := l.write(op{group: g, kind: format.KindBegin}, format.RecordBytes); err != nil {
		return nil, err
	}
	return h, nil
}

// Forget deletes all that the log has of a group, which must not be open. It returns
// when that is safe.
func (l *Log) Forget(id uint32) error {
	g := l.group(id)
	if g == nil {
		return l.Fault()
	}
	if !g.open.CompareAndSwap(false, true) { // for good: a group that begins anew is another
		return fmt.Errorf("group %d: %w", id, disk.ErrInUse)
	}
	return l.write(op{group: g, kind: format.KindDrop}, format.RecordBytes)
}

// Fault returns the error that stopped the log, or nil.
func (l *Log) Fault() error {
	if err := l.fault.Load(); err != nil {
		return *err
	}
	return nil
}

// fail stops the log. The first error counts.
func (l *Log) fail(err error) {
	if !l.fault.CompareAndSwap(nil, &err) {
		return
	}
	close(l.failed)
	l.mu.Lock()
	queue := l.mu.queue
	l.mu.queue = nil
	var told []func(error)
	for _, g := range l.mu.groups { // order-free: each is told the same
		g.mu.RLock()
		if g.mu.onFault != nil {
			told = append(told, g.mu.onFault)
		}
		g.mu.RUnlock()
	}
	l.mu.room.Broadcast()
	l.mu.Unlock()
	for _, b := range queue {
		b.end(err)
	}
	for _, tell := range told {
		tell(err)
	}
}

// Close writes what is queued and closes the files. Groups need not be closed before.
func (l *Log) Close() error {
	l.workers.cleaner.stop() // it writes and waits, so the committer must still run
	l.mu.Lock()
	l.mu.closing = true
	l.mu.room.Broadcast()
	l.mu.Unlock()
	wake(l.kick)
	l.workers.committer.stop() // it may wait for a segment
	l.workers.preparer.stop()
	return l.closeFiles()
}

func (l *Log) closeFiles() error {
	errs := []error{l.commit.front.Close()}
	if rows := l.rows.Load(); rows != nil {
		for _, s := range *rows {
			errs = append(errs, s.file.Close())
		}
	}
	for {
		select {
		case s := <-l.spares:
			errs = append(errs, s.file.Close())
		case s := <-l.next:
			errs = append(errs, s.file.Close())
		default:
			return errors.Join(append(errs, l.lock.Close())...)
		}
	}
}

// Size says how much room the log takes.
type Size struct {
	Segments int    // files that hold the log
	Bytes    int64  // of these files
	Live     int64  // bytes of the entries in them that are still part of a group
	Frames   uint64 // that were written since the log was opened: each is a write and a sync
}

// Size returns the size of the log; spare files are left out, of which there are at
// most a few.
func (l *Log) Size() Size {
	s := Size{Frames: l.frames.Load()}
	for _, seg := range *l.rows.Load() {
		s.Segments++
		s.Bytes += seg.size.Load()
		s.Live += seg.live.Load()
	}
	return s
}

// wake makes a worker look; one call is enough for many.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
