package codec

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"

	"roster"
)

// The faults of a decoder; they stand as the Cause of an Internal *roster.Error.
var (
	// ErrMalformed: the bytes are not what this package writes.
	ErrMalformed = errors.New("malformed bytes")
	// ErrVersion: the bytes are of a format that this release does not know.
	ErrVersion = errors.New("unknown format version")
	// ErrUnknownKind: the bytes hold a command that this release does not know.
	ErrUnknownKind = errors.New("unknown command kind")
)

// eagerMax bounds what a list allocates before its items have been seen; a longer one
// grows as they arrive, so that a lie about the length costs nothing.
const eagerMax = 256

// Reader takes msgpack values from a byte slice. The first fault sticks: later calls
// return zero values, and Finish returns it.
type Reader struct {
	b   []byte
	r   *bytes.Reader
	dec *msgpack.Decoder
	err error
}

// NewReader returns a Reader of b.
func NewReader(b []byte) *Reader {
	r := bytes.NewReader(b)
	return &Reader{b: b, r: r, dec: msgpack.NewDecoder(r)}
}

// Finish returns the first fault, also when bytes are left over.
func (r *Reader) Finish() error {
	if r.err == nil && r.r.Len() > 0 {
		r.Fail("%d bytes are left over", r.r.Len())
	}
	return r.err
}

// Err returns the first fault so far.
func (r *Reader) Err() error { return r.err }

// More reports whether values are left.
func (r *Reader) More() bool { return r.err == nil && r.r.Len() > 0 }

// Fail makes the bytes malformed for a reason that the caller found.
func (r *Reader) Fail(format string, args ...any) {
	r.note(ErrMalformed, fmt.Sprintf(format, args...))
}

// note keeps the first fault, with the place where it was met.
func (r *Reader) note(cause error, detail string) {
	if r.err != nil {
		return
	}
	at := len(r.b) - r.r.Len()
	r.err = &roster.Error{Code: roster.CodeInternal, Detail: fmt.Sprintf("%s (byte %d of %d)", detail, at, len(r.b)), Cause: cause}
}

// check notes a fault of the msgpack layer.
func (r *Reader) check(err error) {
	switch {
	case err == nil:
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		r.Fail("the bytes end early")
	default:
		r.Fail("%v", err)
	}
}

// Array reads the head of an array that must have exactly n values.
func (r *Reader) Array(n int) {
	if r.err != nil {
		return
	}
	got, err := r.dec.DecodeArrayLen()
	r.check(err)
	if r.err == nil && got != n {
		r.Fail("an array of %d values where %d belong", got, n)
	}
}

// List reads the head of an array of any length. No length that the remaining bytes
// could not fill is returned.
func (r *Reader) List() int {
	if r.err != nil {
		return 0
	}
	n, err := r.dec.DecodeArrayLen()
	r.check(err)
	switch {
	case r.err != nil:
		return 0
	case n < 0 || n > r.r.Len():
		r.Fail("an array of %d values in %d bytes", n, r.r.Len())
		return 0
	}
	return n
}

// Uint reads an unsigned number.
func (r *Reader) Uint() uint64 {
	if !r.number() {
		return 0
	}
	v, err := r.dec.DecodeUint64()
	r.check(err)
	return v
}

// Uint32 reads an unsigned number of 32 bits.
func (r *Reader) Uint32() uint32 {
	v := r.Uint()
	if v > 1<<32-1 {
		r.Fail("number %d has more than 32 bits", v)
		return 0
	}
	return uint32(v)
}

// Int reads a signed number.
func (r *Reader) Int() int64 {
	if !r.number() {
		return 0
	}
	v, err := r.dec.DecodeInt64()
	r.check(err)
	return v
}

// number reports whether an integer comes next: the layer below would also take a nil
// or a float for one.
func (r *Reader) number() bool {
	c := r.peek()
	if r.err == nil && !msgpcode.IsFixedNum(c) && (c < msgpcode.Uint8 || c > msgpcode.Int64) {
		r.Fail("code %#x where a number belongs", c)
	}
	return r.err == nil
}

// Bool reads a truth value.
func (r *Reader) Bool() bool {
	if c := r.peek(); r.err == nil && c != msgpcode.False && c != msgpcode.True {
		r.Fail("code %#x where a truth value belongs", c)
	}
	if r.err != nil {
		return false
	}
	v, err := r.dec.DecodeBool()
	r.check(err)
	return v
}

// Text reads text.
func (r *Reader) Text() string {
	if r.err != nil {
		return ""
	}
	n, err := r.dec.DecodeBytesLen()
	r.check(err)
	switch {
	case r.err != nil:
		return ""
	case n < 0 || n > r.r.Len():
		r.Fail("text of %d bytes in %d", n, r.r.Len())
		return ""
	}
	at := len(r.b) - r.r.Len()
	_, err = r.r.Seek(int64(n), io.SeekCurrent)
	r.check(err)
	return string(r.b[at : at+n])
}

// Nil takes an absent value and reports whether there was one.
func (r *Reader) Nil() bool {
	if c := r.peek(); r.err != nil || c != msgpcode.Nil {
		return false
	}
	r.check(r.dec.DecodeNil())
	return true
}

func (r *Reader) peek() byte {
	if r.err != nil {
		return 0
	}
	c, err := r.dec.PeekCode()
	r.check(err)
	return c
}

// version reads a format version that must be want.
func (r *Reader) version(what string, want uint64) {
	if got := r.Uint(); r.err == nil && got != want {
		r.note(ErrVersion, fmt.Sprintf("%s of format %d; this release reads %d", what, got, want))
	}
}

// items reads an array of items; never nil.
func items[T any](r *Reader, item func(*Reader) T) []T {
	n := r.List()
	out := make([]T, 0, min(n, eagerMax))
	for range n {
		out = append(out, item(r))
		if r.err != nil {
			return out[:0]
		}
	}
	return out
}
