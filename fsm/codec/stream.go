package codec

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"io"

	"roster"
)

// A stream of items is: streamMagic, the format version (uint32), blocks, an empty
// block, SHA-256 of all that. A block is the length of its payload (uint32), the
// payload's CRC-32C (uint32) and the payload: whole items, one after the other.
// Numbers are little-endian.
const (
	streamMagic   = "rosterfs"
	streamVersion = 1
	blockHead     = 8
	// BlockFull is how much a block holds, in bytes, before it is written.
	BlockFull = 256 << 10
	// BlockMax bounds a block's payload, in bytes.
	BlockMax = 2 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrStream is the cause of every refusal of a stream that was not written whole by
// this format.
var ErrStream = errors.New("damaged stream")

// StreamWriter gathers items into blocks and seals them. Make one with NewStreamWriter;
// the first error sticks.
type StreamWriter struct {
	w     io.Writer
	sum   hash.Hash
	items *Writer
	n     int64
	err   error
}

// NewStreamWriter begins a stream on w.
func NewStreamWriter(w io.Writer) *StreamWriter {
	o := &StreamWriter{w: w, sum: sha256.New(), items: NewWriter(nil)}
	o.raw(binary.LittleEndian.AppendUint32([]byte(streamMagic), streamVersion))
	return o
}

// Item adds what body writes.
func (o *StreamWriter) Item(body func(*Writer)) error {
	body(o.items)
	b, err := o.items.Finish()
	if err != nil {
		return err
	}
	if len(b) >= BlockFull {
		o.block()
	}
	return o.err
}

// Close writes what is left and the seal; it does not close the writer below.
func (o *StreamWriter) Close() error {
	if len(o.items.Bytes()) > 0 {
		o.block()
	}
	o.block()
	o.raw(o.sum.Sum(nil))
	return o.err
}

// Written returns the bytes that have gone out.
func (o *StreamWriter) Written() int64 { return o.n }

// block writes what was gathered.
func (o *StreamWriter) block() {
	payload := o.items.Bytes()
	if len(payload) > BlockMax && o.err == nil {
		o.err = roster.Errorf(roster.CodeInternal, "a block of %d bytes; at most %d", len(payload), BlockMax)
	}
	head := binary.LittleEndian.AppendUint32(nil, uint32(len(payload)))
	o.raw(binary.LittleEndian.AppendUint32(head, crc32.Checksum(payload, castagnoli)))
	o.raw(payload)
	o.items.Reset(payload[:0])
}

func (o *StreamWriter) raw(b []byte) {
	if o.err != nil {
		return
	}
	o.sum.Write(b)
	var n int
	n, o.err = o.w.Write(b)
	o.n += int64(n)
}

// ReadStream hands each item of a stream to load, which reads exactly one. Items are
// handed on before the seal is seen: what was loaded counts only if ReadStream returns
// nil. A fault is an Internal *roster.Error that says what is wrong and has ErrStream
// among its causes.
func ReadStream(r io.Reader, load func(*Reader)) error {
	in := &streamReader{r: r, sum: sha256.New()}
	if err := in.header(); err != nil {
		return err
	}
	for n := 1; ; n++ {
		payload, err := in.block(n)
		if err != nil {
			return err
		}
		if len(payload) == 0 {
			return in.seal()
		}
		items := NewReader(payload)
		for items.More() {
			load(items)
		}
		if err := items.Finish(); err != nil {
			return damaged(err, "block %d cannot be loaded", n)
		}
	}
}

// damaged reports what is wrong with a stream.
func damaged(cause error, format string, args ...any) error {
	e := roster.Errorf(roster.CodeInternal, format, args...)
	e.Cause = errors.Join(ErrStream, cause)
	return e
}

// streamReader checks a stream block by block.
type streamReader struct {
	r   io.Reader
	sum hash.Hash
	b   []byte
}

// take reads n bytes and adds them to the sum; they are good until the next call.
func (in *streamReader) take(n int, what string) ([]byte, error) {
	if cap(in.b) < n {
		in.b = make([]byte, n)
	}
	b := in.b[:n]
	if got, err := io.ReadFull(in.r, b); err != nil {
		return nil, damaged(err, "the stream ends early: %d of %d bytes of %s", got, n, what)
	}
	in.sum.Write(b)
	return b, nil
}

func (in *streamReader) header() error {
	b, err := in.take(len(streamMagic)+4, "the header")
	if err != nil {
		return err
	}
	if string(b[:len(streamMagic)]) != streamMagic {
		return damaged(nil, "it begins with %q, not %q", b[:len(streamMagic)], streamMagic)
	}
	if v := binary.LittleEndian.Uint32(b[len(streamMagic):]); v != streamVersion {
		return damaged(ErrVersion, "a stream of format %d; this release reads %d", v, streamVersion)
	}
	return nil
}

// block returns the next payload. Its length is looked at before it is believed.
func (in *streamReader) block(n int) ([]byte, error) {
	head, err := in.take(blockHead, "a block's head")
	if err != nil {
		return nil, err
	}
	size, want := binary.LittleEndian.Uint32(head), binary.LittleEndian.Uint32(head[4:])
	if size > BlockMax {
		return nil, damaged(nil, "block %d claims %d bytes; at most %d", n, size, BlockMax)
	}
	payload, err := in.take(int(size), "a block")
	if err != nil {
		return nil, err
	}
	if got := crc32.Checksum(payload, castagnoli); got != want {
		return nil, damaged(nil, "block %d has the checksum %08x, not %08x", n, got, want)
	}
	return payload, nil
}

// seal compares the sum of all that was read and makes sure that nothing follows.
func (in *streamReader) seal() error {
	want := in.sum.Sum(nil)
	got, err := in.take(sha256.Size, "the seal")
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return damaged(nil, "the sum of the stream is %x, sealed was %x", want, got)
	}
	if _, err := io.ReadFull(in.r, make([]byte, 1)); err != io.EOF {
		return damaged(err, "bytes follow the seal")
	}
	return nil
}
