package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// trustBytes is how much of a body is allocated on the word of its length alone: peers
// have shown the key of the cluster before they send any.
const trustBytes = 1 << 20

// ErrBroken: a frame does not hold what it promises.
var ErrBroken = errors.New("broken frame")

// ReadBody reads length bytes into memory of their own. A long body is allocated as
// it arrives, because the length is only what the peer claims.
func ReadBody(r io.Reader, length int) ([]byte, error) {
	if length == 0 {
		return nil, nil
	}
	if length <= trustBytes {
		b := make([]byte, length)
		_, err := io.ReadFull(r, b)
		return b, err
	}
	var b bytes.Buffer
	b.Grow(trustBytes)
	_, err := io.CopyN(&b, r, int64(length))
	return b.Bytes(), err
}

// Inside turns the end of the stream within a frame into what it is.
func Inside(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Cursor reads fields out of a body. After the first fault, which Err keeps, it reads
// zeros.
type Cursor struct {
	rest []byte
	err  error
}

// NewCursor returns a cursor at the beginning of b.
func NewCursor(b []byte) *Cursor { return &Cursor{rest: b} }

// Err returns ErrBroken once a field was not there.
func (c *Cursor) Err() error { return c.err }

// Len returns how many bytes are left.
func (c *Cursor) Len() int { return len(c.rest) }

// Byte reads one byte.
func (c *Cursor) Byte() byte {
	if b := c.Bytes(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

// Uvarint reads a number of one to ten bytes.
func (c *Cursor) Uvarint() uint64 {
	v, used := binary.Uvarint(c.rest)
	if used <= 0 {
		c.Fail()
		return 0
	}
	c.rest = c.rest[used:]
	return v
}

// Uint64 reads eight bytes, the highest first.
func (c *Cursor) Uint64() uint64 {
	if b := c.Bytes(8); len(b) == 8 {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// Bytes reads n bytes, without a copy; nil when n is 0.
func (c *Cursor) Bytes(n uint64) []byte {
	if n > uint64(len(c.rest)) {
		c.Fail()
	}
	if n == 0 || c.err != nil {
		return nil
	}
	b := c.rest[:n:n]
	c.rest = c.rest[n:]
	return b
}

// Count reads the number of things that follow, at most limit, of which each takes
// least bytes.
func (c *Cursor) Count(limit, least int) int {
	n := c.Uvarint()
	if n > uint64(limit) || n*uint64(least) > uint64(len(c.rest)) {
		c.Fail()
		return 0
	}
	return int(n)
}

// Fail makes the cursor broken: what it read makes no sense.
func (c *Cursor) Fail() { c.rest, c.err = nil, ErrBroken }
