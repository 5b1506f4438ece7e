package wal

import (
	"github.com/hashicorp/raft"

	"roster/shard/logstore/wal/format"
	"roster/shard/logstore/wal/index"
)

// op is what one call asks of the committer.
type op struct {
	group  *group
	kind   byte
	logs   []*raft.Log // kindEntry
	moves  []move      // kindEntry, by the cleaner
	low    uint64      // kindDelete; kindLow: segment
	high   uint64
	values []format.Value // kindValues
}

// kindLow is no record: it raises the oldest segment that frames name.
const kindLow byte = 0

// move is an entry that is to stand at the end of the log, if it still stands at from.
type move struct {
	index   uint64
	from    index.Place
	payload []byte
}

// batch becomes one frame. Done is closed when it is safe, or never will be.
type batch struct {
	ops   []op
	bytes int
	done  chan struct{}
	err   error
}

func (b *batch) end(err error) {
	b.err = err
	close(b.done)
}

// Ticket is a place in the queue. What stands before it is safe when it is.
type Ticket struct{ batch *batch }

// Done is closed when the write is safe, or never will be.
func (t Ticket) Done() <-chan struct{} { return t.batch.done }

// Wait returns when the write is safe, or with the error that stopped the log.
func (t Ticket) Wait() error {
	<-t.batch.done
	return t.batch.err
}

// enqueue puts an operation of so many bytes into the batch that gathers. It waits
// while the queue is full.
func (l *Log) enqueue(o op, bytes int) (Ticket, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.mu.bytes > 0 && l.mu.bytes+bytes > l.options.QueueBytes && l.Fault() == nil && !l.mu.closing {
		l.mu.room.Wait()
	}
	if err := l.Fault(); err != nil {
		return Ticket{}, err
	}
	if l.mu.closing {
		return Ticket{}, errClosed
	}
	n := len(l.mu.queue)
	if n == 0 || l.mu.queue[n-1].bytes+bytes > l.options.FlushBytes {
		l.mu.queue = append(l.mu.queue, &batch{done: make(chan struct{})})
		n++
	}
	b := l.mu.queue[n-1]
	b.ops = append(b.ops, o)
	b.bytes += bytes
	l.mu.bytes += bytes
	wake(l.kick)
	return Ticket{b}, nil
}

// take returns the oldest batch, nil if there is none. Last is set when none will come.
func (l *Log) take() (b *batch, last bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.mu.queue) == 0 {
		return nil, l.mu.closing
	}
	b = l.mu.queue[0]
	l.mu.queue = l.mu.queue[1:]
	l.mu.bytes -= b.bytes
	l.mu.room.Broadcast()
	return b, false
}

func (l *Log) write(o op, bytes int) error {
	t, err := l.enqueue(o, bytes)
	if err != nil {
		return err
	}
	return t.Wait()
}
