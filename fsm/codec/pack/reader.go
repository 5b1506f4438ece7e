package pack

import (
	"encoding/binary"
	"errors"
	"fmt"

	"roster"
)

// ErrMalformed: the bytes are not what a [Writer] writes. It stands as the Cause of an
// Internal *roster.Error.
var ErrMalformed = errors.New("malformed bytes")

// Reader takes msgpack values from a byte slice. The first fault sticks: later calls
// return zero values, and Finish returns it.
type Reader struct {
	b   []byte
	at  int
	err error
	dry bool // look at the form alone: texts are empty, lists stay so
	// whole is one copy of all bytes, out of which texts are cut while on.
	whole string
	on    bool
}

// NewReader returns a Reader of b.
func NewReader(b []byte) *Reader { return &Reader{b: b} }

// NewDry returns a Reader that looks at the form alone: texts are empty, and lists are to
// stay so.
func NewDry(b []byte) *Reader { return &Reader{b: b, dry: true} }

// Dry reports whether r looks at the form alone.
func (r *Reader) Dry() bool { return r.dry }

// Sharing reports whether texts are cut out of one copy of all bytes.
func (r *Reader) Sharing() bool { return r.on }

// Share makes texts shared until the function that it returns is called: they cost nothing
// each, and whoever keeps one keeps all bytes.
func (r *Reader) Share() (end func()) {
	if r.dry || r.on {
		return func() {}
	}
	if r.whole == "" {
		r.whole = string(r.b)
	}
	r.on = true
	return func() { r.on = false }
}

// Finish returns the first fault, also when bytes are left over.
func (r *Reader) Finish() error {
	if r.err == nil && r.left() > 0 {
		r.Fail("%d bytes are left over", r.left())
	}
	return r.err
}

// Err returns the first fault so far.
func (r *Reader) Err() error { return r.err }

// More reports whether values are left.
func (r *Reader) More() bool { return r.err == nil && r.left() > 0 }

func (r *Reader) left() int { return len(r.b) - r.at }

// Fail makes the bytes malformed for a reason that the caller found.
func (r *Reader) Fail(format string, args ...any) {
	r.Note(ErrMalformed, fmt.Sprintf(format, args...))
}

// Note keeps a fault, if it is the first, with the place where it was met.
func (r *Reader) Note(cause error, detail string) {
	if r.err != nil {
		return
	}
	r.err = &roster.Error{Code: roster.CodeInternal, Detail: fmt.Sprintf("%s (byte %d of %d)", detail, r.at, len(r.b)), Cause: cause}
}

// code takes the next byte, 0 once there was a fault.
func (r *Reader) code() byte {
	if r.err != nil {
		return 0
	}
	if r.at == len(r.b) {
		r.Fail("the bytes end early")
		return 0
	}
	c := r.b[r.at]
	r.at++
	return c
}

// size takes a number of 1, 2, 4 or 8 bytes; 0 once there was a fault.
func (r *Reader) size(bytes int) uint64 {
	if r.err != nil {
		return 0
	}
	if r.left() < bytes {
		r.Fail("the bytes end early")
		return 0
	}
	b := r.b[r.at:]
	r.at += bytes
	switch bytes {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.BigEndian.Uint16(b))
	case 4:
		return uint64(binary.BigEndian.Uint32(b))
	}
	return binary.BigEndian.Uint64(b)
}

// array takes the head of an array.
func (r *Reader) array() uint64 {
	switch c := r.code(); {
	case r.err != nil:
	case c >= codeFixArray && c < codeFixText:
		return uint64(c & 0x0f)
	case c == codeArray16, c == codeArray32:
		return r.size(2 << (c - codeArray16))
	default:
		r.Fail("code %#x where an array belongs", c)
	}
	return 0
}

// Array reads the head of an array that must have exactly n values.
func (r *Reader) Array(n int) {
	if got := r.array(); r.err == nil && got != uint64(n) {
		r.Fail("an array of %d values where %d belong", got, n)
	}
}

// List reads the head of an array of any length. No length that the remaining bytes
// could not fill is returned.
func (r *Reader) List() int {
	n := r.array()
	if n > uint64(r.left()) {
		r.Fail("an array of %d values in %d bytes", n, r.left())
		return 0
	}
	return int(n)
}

// Uint reads an unsigned number. One that was written as negative comes out as what
// its bits are: the rules judge it.
func (r *Reader) Uint() uint64 { return r.number() }

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
func (r *Reader) Int() int64 { return int64(r.number()) }

// number takes an integer in any of its forms; a nil or a float is none.
func (r *Reader) number() uint64 {
	switch c := r.code(); {
	case r.err != nil:
	case c <= codePositive:
		return uint64(c)
	case c >= codeNegative:
		return uint64(int8(c))
	case c >= codeUint8 && c <= codeUint64:
		return r.size(1 << (c - codeUint8))
	case c == codeInt8:
		return uint64(int8(r.size(1)))
	case c == codeInt16:
		return uint64(int16(r.size(2)))
	case c == codeInt32:
		return uint64(int32(r.size(4)))
	case c == codeInt64:
		return r.size(8)
	default:
		r.Fail("code %#x where a number belongs", c)
	}
	return 0
}

// Bool reads a truth value.
func (r *Reader) Bool() bool {
	c := r.code()
	if r.err == nil && c != codeFalse && c != codeTrue {
		r.Fail("code %#x where a truth value belongs", c)
	}
	return c == codeTrue
}

// Text reads text.
func (r *Reader) Text() string {
	n := r.text()
	if n > uint64(r.left()) {
		r.Fail("text of %d bytes in %d", n, r.left())
	}
	if r.err != nil {
		return ""
	}
	at := r.at
	r.at += int(n)
	if r.dry {
		return ""
	}
	if r.on {
		return r.whole[at:r.at]
	}
	return string(r.b[at:r.at])
}

// text takes the head of a text and returns its length.
func (r *Reader) text() uint64 {
	switch c := r.code(); {
	case r.err != nil:
	case c >= codeFixText && c < codeNil:
		return uint64(c & 0x1f)
	case c >= codeText8 && c <= codeText32:
		return r.size(1 << (c - codeText8))
	case c >= codeBin8 && c <= codeBin32:
		return r.size(1 << (c - codeBin8))
	default:
		r.Fail("code %#x where text belongs", c)
	}
	return 0
}

// Nil takes an absent value and reports whether there was one.
func (r *Reader) Nil() bool {
	if r.code() == codeNil {
		return true
	}
	if r.err == nil {
		r.at--
	}
	return false
}
