package format

import (
	"encoding/binary"
	"io"
)

// windowBytes are read at once.
const windowBytes = 4 << 20

// Record is a record that was read. Its payload is valid until the reader goes on.
type Record struct {
	Group     uint32
	Kind      byte
	Chain     uint64
	Sum       uint32 // of the payload
	Payload   []byte
	Off, Size uint32 // in the segment, with the head
}

// Reader reads the frames of a segment from front to back, in large pieces.
type Reader struct {
	file    io.ReaderAt
	size    int64
	seed    uint32
	off     int64
	held    []byte
	records []Record
}

// NewReader reads a segment of size bytes.
func NewReader(file io.ReaderAt, size int64, seed uint32) *Reader {
	return &Reader{file: file, size: size, seed: seed}
}

// Frame reads the frame with a number at off, and its records; ok is false where it is
// not, or not whole.
func (r *Reader) Frame(off int64, number uint64) (f Frame, records []Record, ok bool, err error) {
	b, err := r.bytes(off, frameBytes)
	if b == nil {
		return f, nil, false, err
	}
	f, ok = decodeFrame(b, r.seed, uint32(off))
	if !ok || f.Number != number {
		return f, nil, false, nil
	}
	if b, err = r.bytes(off, frameBytes+int64(f.Bytes)); b == nil {
		return f, nil, false, err
	}
	r.records = r.records[:0]
	for at := frameBytes; at < len(b); {
		rec, ok := r.record(b[at:], uint32(off)+uint32(at))
		if !ok {
			return f, nil, false, nil
		}
		r.records = append(r.records, rec)
		at += int(rec.Size)
	}
	return f, r.records, len(r.records) == int(f.Records), nil
}

// record reads the record with which b begins.
func (r *Reader) record(b []byte, off uint32) (rec Record, ok bool) {
	if len(b) < RecordBytes || uint64(len(b)) < RecordBytes+uint64(binary.LittleEndian.Uint32(b[atBytes:])) {
		return rec, false
	}
	b = b[:RecordBytes+binary.LittleEndian.Uint32(b[atBytes:])]
	group, ok := Sound(b, r.seed, off)
	return Record{Group: group, Kind: b[atKind], Chain: binary.LittleEndian.Uint64(b[atChain:]), Sum: binary.LittleEndian.Uint32(b[atSum:]),
		Payload: b[RecordBytes:], Off: off, Size: uint32(len(b))}, ok
}

// Later looks behind off for the head of a frame with a number above the given one. A
// frame is written when those before it are safe, so what stands before such a head
// had been.
func (r *Reader) Later(off int64, number uint64) (at int64, found bool, err error) {
	for at = off + Sector; ; at += Sector {
		b, err := r.bytes(at, frameBytes)
		if b == nil {
			return 0, false, err
		}
		if f, ok := decodeFrame(b, r.seed, uint32(at)); ok && f.Number > number {
			return at, true, nil
		}
	}
}

// bytes returns n bytes at off, valid until the next call; nil beyond the end.
func (r *Reader) bytes(off, n int64) ([]byte, error) {
	if off+n > r.size {
		return nil, nil
	}
	if off < r.off || off+n > r.off+int64(len(r.held)) {
		room := min(max(windowBytes, n), r.size-off)
		if int64(cap(r.held)) < room {
			r.held = make([]byte, room)
		}
		r.held, r.off = r.held[:room], off
		if _, err := r.file.ReadAt(r.held, off); err != nil {
			r.held = nil
			return nil, err
		}
	}
	return r.held[off-r.off:][:n], nil
}
