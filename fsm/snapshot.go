package fsm

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"hash/crc32"
	"io"

	"roster"
	"roster/fsm/codec"
)

// A snapshot is: snapshotMagic, the format version (uint32), blocks, an empty block,
// SHA-256 of all that. A block is the length of its payload (uint32), the payload's
// CRC-32C (uint32) and the payload: whole items in msgpack, [tag, body] each, the head
// first. Numbers of fixed length are little-endian.
const (
	snapshotMagic   = "rosterfs"
	snapshotVersion = 1
	blockFull       = 256 << 10 // a block is closed when it holds this much
	// SnapshotBlockMax bounds the payload of a block, in bytes.
	SnapshotBlockMax = 2 << 20
	blockHead        = 8
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Snapshot is the state of a shard at one index. It stays as it is while the machine
// goes on, and may be written by any goroutine, once or often.
type Snapshot struct {
	shard roster.ShardID
	state *state
}

// Index returns the index that the snapshot reflects.
func (s *Snapshot) Index() roster.Index { return s.state.index }

// Now returns the log time that the snapshot reflects.
func (s *Snapshot) Now() roster.LogTime { return s.state.now }

// Digest returns what View.Digest returned when the snapshot was taken.
func (s *Snapshot) Digest() [32]byte { return s.state.digest(s.shard) }

// WriteTo writes the snapshot and returns how many bytes that took. Equal states give
// equal bytes. Its errors are those of w.
func (s *Snapshot) WriteTo(w io.Writer) (int64, error) {
	out := newBlockWriter(w)
	if err := s.state.items(s.shard, out.item); err != nil {
		return out.n, err
	}
	return out.n, out.close()
}

var _ io.WriterTo = (*Snapshot)(nil)

// blockWriter gathers items into blocks. The first error sticks.
type blockWriter struct {
	w     io.Writer
	sum   hash.Hash
	items *codec.Writer
	n     int64
	err   error
}

func newBlockWriter(w io.Writer) *blockWriter {
	o := &blockWriter{w: w, sum: sha256.New(), items: codec.NewWriter(nil)}
	o.raw(binary.LittleEndian.AppendUint32([]byte(snapshotMagic), snapshotVersion))
	return o
}

// close writes what is left, the empty block and the sum.
func (o *blockWriter) close() error {
	if len(o.items.Bytes()) > 0 {
		o.block()
	}
	o.block()
	o.raw(o.sum.Sum(nil))
	return o.err
}

func (o *blockWriter) item(body func(*codec.Writer)) error {
	body(o.items)
	b, err := o.items.Finish()
	if err != nil {
		return err
	}
	if len(b) >= blockFull {
		o.block()
	}
	return o.err
}

// block writes what was gathered.
func (o *blockWriter) block() {
	payload := o.items.Bytes()
	if len(payload) > SnapshotBlockMax && o.err == nil {
		o.err = roster.Errorf(roster.CodeInternal, "a snapshot block of %d bytes; at most %d", len(payload), SnapshotBlockMax)
	}
	head := binary.LittleEndian.AppendUint32(nil, uint32(len(payload)))
	o.raw(binary.LittleEndian.AppendUint32(head, crc32.Checksum(payload, castagnoli)))
	o.raw(payload)
	o.items.Reset(payload[:0])
}

func (o *blockWriter) raw(b []byte) {
	if o.err != nil {
		return
	}
	o.sum.Write(b)
	var n int
	n, o.err = o.w.Write(b)
	o.n += int64(n)
}
