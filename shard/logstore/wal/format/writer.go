package format

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/hashicorp/raft"
)

// Writer puts a frame together, record by record.
type Writer struct {
	Buf   []byte // what goes to At, when the frame is finished
	At    int64  // an offset in the segment
	frame int    // where the frame begins in Buf
	seed  uint32
	head  Frame
}

// NewWriter begins a frame at base of a segment with a seed. Room is how many bytes of
// records are expected. With a header, the frame is the first of its segment, and base
// 0.
func NewWriter(f Frame, seed uint32, base int64, room int, h *Header) *Writer {
	w := &Writer{At: base, seed: seed, head: f}
	if h == nil {
		w.Buf = make([]byte, frameBytes, Span(room))
		return w
	}
	w.At, w.frame = 0, Sector
	w.Buf = append(make([]byte, 0, Sector+Span(room)), h.Encode()...)
	w.Buf = w.Buf[:Sector+frameBytes]
	return w
}

// Off returns the offset in the segment of the record that comes next.
func (w *Writer) Off() uint32 { return uint32(w.At) + uint32(len(w.Buf)) }

// begin leaves room for the head of a record.
func (w *Writer) begin() (at int) {
	w.head.Records++
	at = len(w.Buf)
	w.Buf = append(w.Buf, make([]byte, RecordBytes)...)
	return at
}

// end fills in the head of the record that began at at, and continues the chain where
// the kind does.
func (w *Writer) end(at int, group uint32, kind byte, chain *uint64) {
	record := w.Buf[at:]
	payload := crc32.Checksum(record[RecordBytes:], castagnoli)
	if kind != KindBase && kind != KindMoved {
		*chain = Link(*chain, kind, payload, len(record)-RecordBytes)
	}
	seal(record, w.seed, uint32(w.At)+uint32(at), group, kind, *chain, payload)
}

// Entry adds an entry.
func (w *Writer) Entry(group uint32, chain *uint64, log *raft.Log) {
	at := w.begin()
	w.Buf = appendEntry(w.Buf, log)
	w.end(at, group, KindEntry, chain)
}

// Moved adds the payload of an entry once more.
func (w *Writer) Moved(group uint32, chain uint64, payload []byte) {
	at := w.begin()
	w.Buf = append(w.Buf, payload...)
	w.end(at, group, KindMoved, &chain)
}

// Delete adds a deletion of entries, both ends included.
func (w *Writer) Delete(group uint32, chain *uint64, low, high uint64) {
	at := w.begin()
	w.Buf = binary.LittleEndian.AppendUint64(w.Buf, low)
	w.Buf = binary.LittleEndian.AppendUint64(w.Buf, high)
	w.end(at, group, KindDelete, chain)
}

// Values adds named values.
func (w *Writer) Values(group uint32, chain *uint64, values []Value) {
	at := w.begin()
	w.Buf = appendValues(w.Buf, values)
	w.end(at, group, KindValues, chain)
}

// Base repeats what a group has when a segment begins.
func (w *Writer) Base(group uint32, chain uint64, values []Value) {
	at := w.begin()
	w.Buf = appendValues(w.Buf, values)
	w.end(at, group, KindBase, &chain)
}

// Mark adds a record without payload: KindBegin or KindDrop.
func (w *Writer) Mark(group uint32, chain *uint64, kind byte) {
	w.end(w.begin(), group, kind, chain)
}

// Finish fills in the head of the frame and pads it to the sector.
func (w *Writer) Finish() {
	w.head.Bytes = uint32(len(w.Buf) - w.frame - frameBytes)
	w.head.encode(w.Buf[w.frame:], w.seed, uint32(w.At)+uint32(w.frame))
	w.Buf = append(w.Buf, make([]byte, (Sector-len(w.Buf)%Sector)%Sector)...)
}
