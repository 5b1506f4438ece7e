package wal

import (
	"context"
	"fmt"
	"time"
	"unsafe"

	"github.com/hashicorp/raft"

	"roster/shard/logstore/wal/format"
	"roster/shard/logstore/wal/frontier"
	"roster/shard/logstore/wal/index"
	"roster/shard/logstore/wal/pace"
)

// restAfter is how long the log is idle before the frontier follows.
const restAfter = time.Second

// committer writes frames, one after the other, and shows what is safe. It alone
// changes the fields and the groups' indexes.
type committer struct {
	log    *Log
	number uint64 // of the last frame
	low    uint32 // oldest segment that is needed
	front  frontier.Frontier
	ring   ring
	places []index.Place // of the entries in the frame that is being written, in its order
	strays []uint32      // found at the start: left of segments that were given up
	pace   pace.Pace
}

// run ends when the queue is empty and stays so.
func (c *committer) run(context.Context) error {
	rest := time.NewTimer(restAfter)
	defer rest.Stop()
	for {
		time.Sleep(c.pace.Wait(time.Now()))
		b, last := c.log.take()
		switch {
		case c.log.Fault() != nil:
			if b != nil {
				b.end(c.log.Fault())
			}
			return nil
		case b != nil:
			if err := c.commit(b); err != nil {
				c.log.fail(err) // before the batch ends: no write may begin after
				b.end(err)
				return nil
			}
			b.end(nil)
			rest.Reset(restAfter)
		case last:
			return c.advance()
		default:
			select {
			case <-c.log.kick:
			case <-c.log.failed:
			case <-rest.C:
				if err := c.advance(); err != nil {
					return err
				}
			}
		}
	}
}

// advance makes the frontier say that all frames are safe: see the package comment.
func (c *committer) advance() error {
	if err := c.front.Set(c.number); err != nil {
		return fmt.Errorf("write %s: %w", c.log.fs.Path(frontier.Name), err)
	}
	return nil
}

// commit makes one batch safe.
func (c *committer) commit(b *batch) error {
	for i := range b.ops {
		c.settle(&b.ops[i])
	}
	s, begins, err := c.target(b)
	if err != nil {
		return err
	}
	w := c.encode(s, b, begins)
	if _, err := s.file.WriteAt(w.Buf, w.At); err != nil {
		return fmt.Errorf("write %s: %w", c.log.fs.Path(segmentName(s.seq)), err)
	}
	began := time.Now()
	if err := s.file.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", c.log.fs.Path(segmentName(s.seq)), err)
	}
	c.pace.Synced(time.Now(), time.Since(began), len(b.ops))
	s.end.Store(w.At + int64(len(w.Buf)))
	c.log.frames.Add(1)
	c.show(b, w)
	s.size.Store(max(s.size.Load(), s.end.Load()))
	if !begins {
		return nil
	}
	wake(c.log.began)
	wake(c.log.untidy)
	return c.advance()
}

// settle drops the moves of entries that are not there any more. What shows is what
// the frames before have made, so moves go first in their frame.
func (c *committer) settle(o *op) {
	if o.kind == kindLow {
		c.low = max(c.low, uint32(o.low))
	}
	if len(o.moves) == 0 {
		return
	}
	o.group.mu.RLock()
	defer o.group.mu.RUnlock()
	still := o.moves[:0]
	for _, m := range o.moves {
		if p, ok := o.group.mu.index.Get(m.index); ok && p == m.from {
			still = append(still, m)
		}
	}
	o.moves = still
}

// target returns the segment that has room for the batch.
func (c *committer) target(b *batch) (s *segment, begins bool, err error) {
	s = c.log.tail()
	end := s.end.Load()
	if end == format.Sector { // the log's very first frame
		return s, false, nil
	}
	if end+format.Span(b.size()) <= int64(c.log.options.SegmentBytes) {
		return s, false, nil
	}
	select {
	case s = <-c.log.next:
	case <-c.log.failed:
		return nil, false, c.log.Fault()
	}
	c.log.setRows(func(rows []*segment) []*segment { return append(rows, s) })
	return s, true, nil
}

// size returns the bytes of the records of the batch.
func (b *batch) size() int {
	n := 0
	for _, o := range b.ops {
		n += o.size()
	}
	return n
}

func (o *op) size() int {
	n := 0
	switch o.kind {
	case format.KindEntry:
		for _, log := range o.logs {
			n += format.EntrySize(log)
		}
		for _, m := range o.moves {
			n += format.RecordBytes + len(m.payload)
		}
	case format.KindDelete:
		n = format.RecordBytes + format.DeleteBytes
	case format.KindValues:
		n = format.ValuesSize(o.values)
	case format.KindBegin, format.KindDrop:
		n = format.RecordBytes
	}
	return n
}

// encode puts the batch into a frame: bases, moves, and then the rest.
func (c *committer) encode(s *segment, b *batch, begins bool) *format.Writer {
	c.number++
	c.places = c.places[:0]
	f := format.Frame{Number: c.number, Low: c.low}
	var w *format.Writer
	if begins {
		h := format.Header{Log: c.log.name, Seq: s.seq, First: c.number, Size: uint64(s.size.Load())}
		w = format.NewWriter(f, s.seed, 0, b.size(), &h)
		c.encodeBases(w)
	} else {
		w = format.NewWriter(f, s.seed, s.end.Load(), b.size(), nil)
	}
	for i := range b.ops {
		o := &b.ops[i]
		for _, m := range o.moves {
			off := w.Off()
			w.Moved(o.group.id, o.group.chain, m.payload)
			c.places = append(c.places, index.Place{Seq: s.seq, Off: off, Size: w.Off() - off})
		}
	}
	for i := range b.ops {
		c.encodeOp(w, &b.ops[i], s.seq)
	}
	w.Finish()
	return w
}

// encodeBases says how each group stands when a segment begins, in the order of groups.
func (c *committer) encodeBases(w *format.Writer) {
	for _, id := range c.log.Groups() {
		g := c.log.group(id)
		g.mu.RLock()
		begun, values, chain := g.mu.begun, g.sorted(), g.mu.chain
		g.mu.RUnlock()
		if begun {
			w.Base(id, chain, values)
		}
	}
}

func (c *committer) encodeOp(w *format.Writer, o *op, seq uint32) {
	switch o.kind {
	case format.KindEntry:
		for _, log := range o.logs {
			off := w.Off()
			w.Entry(o.group.id, &o.group.chain, log)
			c.places = append(c.places, index.Place{Seq: seq, Off: off, Size: w.Off() - off})
		}
	case format.KindDelete:
		w.Delete(o.group.id, &o.group.chain, o.low, o.high)
	case format.KindValues:
		w.Values(o.group.id, &o.group.chain, o.values)
	case format.KindBegin, format.KindDrop:
		w.Mark(o.group.id, &o.group.chain, o.kind)
	}
}

// show makes what is safe visible, in the order in which it was written.
func (c *committer) show(b *batch, w *format.Writer) {
	places := c.places
	next := func() index.Place {
		p := places[0]
		places = places[1:]
		return p
	}
	for i := range b.ops {
		o := &b.ops[i]
		for _, m := range o.moves {
			o.group.put(m.index, next())
		}
	}
	h := held{bytes: len(w.Buf)}
	for i := range b.ops {
		o := &b.ops[i]
		switch o.kind {
		case format.KindEntry:
			h = c.showEntries(o, w, next, h)
		case format.KindDelete:
			o.group.cut(o.low, o.high)
			wake(c.log.untidy)
		case format.KindValues:
			o.group.set(o.values)
		case format.KindDrop:
			o.group.cut(0, ^uint64(0))
			c.log.mu.Lock()
			delete(c.log.mu.groups, o.group.id)
			c.log.mu.Unlock()
			wake(c.log.untidy)
		}
		if o.group != nil {
			o.group.mu.Lock()
			o.group.mu.begun, o.group.mu.chain = true, o.group.chain
			o.group.mu.Unlock()
		}
	}
	c.ring.add(h, c.log.options.CacheBytes)
}

func (c *committer) showEntries(o *op, w *format.Writer, next func() index.Place, h held) held {
	o.group.mu.Lock()
	defer o.group.mu.Unlock()
	for _, log := range o.logs {
		p := next()
		o.group.enter(log.Index, p)
		at := int64(p.Off) - w.At
		kept := raft.Log{}
		format.DecodeEntry(w.Buf[at+format.RecordBytes:at+int64(p.Size)], &kept) // holds the frame, not the caller's bytes
		kept.AppendedAt = log.AppendedAt
		o.group.mu.recent.Add(kept)
	}
	if n := len(o.logs); n > 0 {
		h.marks = append(h.marks, mark{o.group, o.logs[n-1].Index})
		h.bytes += n * int(unsafe.Sizeof(raft.Log{}))
	}
	return h
}

func (g *group) put(i uint64, p index.Place) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.enter(i, p)
}

// enter enters an entry; the lock is held.
func (g *group) enter(i uint64, p index.Place) {
	if old := g.mu.index.Put(i, p); old.Size > 0 {
		g.dead(old)
	}
	g.log.segment(p.Seq).live.Add(int64(p.Size))
}

// dead takes an entry off the account of its segment, which is in the rows as long as
// anything in it lives.
func (g *group) dead(p index.Place) { g.log.segment(p.Seq).live.Add(-int64(p.Size)) }

func (g *group) cut(low, high uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mu.index.Cut(low, high, g.dead)
	g.mu.recent.Cut(low, high)
}

func (g *group) set(values []format.Value) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, v := range values {
		g.mu.values[v.Key] = v.Bytes
	}
}
