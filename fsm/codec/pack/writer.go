package pack

import "encoding/binary"

// The codes of msgpack that this package writes and reads. Numbers and lengths behind
// them are big-endian.
const (
	codePositive = 0x7f // and below: 0 to 127
	codeFixArray = 0x90 // to 0x9f: the length in the low 4 bits
	codeFixText  = 0xa0 // to 0xbf: the length in the low 5 bits
	codeNil      = 0xc0
	codeFalse    = 0xc2
	codeTrue     = 0xc3
	codeBin8     = 0xc4 // with 16 and 32 bits behind it; read as text, never written
	codeBin32    = 0xc6
	codeUint8    = 0xcc // with 16, 32 and 64 bits behind it
	codeUint16   = 0xcd
	codeUint32   = 0xce
	codeUint64   = 0xcf
	codeInt8     = 0xd0 // likewise
	codeInt16    = 0xd1
	codeInt32    = 0xd2
	codeInt64    = 0xd3
	codeText8    = 0xd9 // with 16 and 32 bits behind it
	codeText16   = 0xda
	codeText32   = 0xdb
	codeArray16  = 0xdc
	codeArray32  = 0xdd
	codeNegative = 0xe0 // to 0xff: -32 to -1
)

// Writer appends msgpack values to a byte slice, each in its shortest form. The first
// fault sticks and comes out of Finish. Make one with NewWriter; it may be reused with
// Reset.
type Writer struct {
	b   []byte
	err error
}

// NewWriter returns a Writer that appends to dst.
func NewWriter(dst []byte) *Writer { return &Writer{b: dst} }

// Reset makes w append to dst and forgets an earlier fault.
func (w *Writer) Reset(dst []byte) { w.b, w.err = dst, nil }

// Finish returns what was written, or the first fault.
func (w *Writer) Finish() ([]byte, error) { return w.b, w.err }

// Note keeps a fault that the caller met, if it is the first.
func (w *Writer) Note(err error) {
	if w.err == nil {
		w.err = err
	}
}

// Array begins an array of n values, which must follow.
func (w *Writer) Array(n int) {
	switch {
	case n < 1<<4:
		w.b = append(w.b, codeFixArray|byte(n))
	case n < 1<<16:
		w.b = binary.BigEndian.AppendUint16(append(w.b, codeArray16), uint16(n))
	default:
		w.b = binary.BigEndian.AppendUint32(append(w.b, codeArray32), uint32(n))
	}
}

// Uint writes an unsigned number.
func (w *Writer) Uint(v uint64) {
	switch {
	case v < 1<<7:
		w.b = append(w.b, byte(v))
	case v < 1<<8:
		w.b = append(w.b, codeUint8, byte(v))
	case v < 1<<16:
		w.b = binary.BigEndian.AppendUint16(append(w.b, codeUint16), uint16(v))
	case v < 1<<32:
		w.b = binary.BigEndian.AppendUint32(append(w.b, codeUint32), uint32(v))
	default:
		w.b = binary.BigEndian.AppendUint64(append(w.b, codeUint64), v)
	}
}

// Int writes a signed number.
func (w *Writer) Int(v int64) {
	switch {
	case v >= 0:
		w.Uint(uint64(v))
	case v >= -1<<5:
		w.b = append(w.b, byte(v))
	case v >= -1<<7:
		w.b = append(w.b, codeInt8, byte(v))
	case v >= -1<<15:
		w.b = binary.BigEndian.AppendUint16(append(w.b, codeInt16), uint16(v))
	case v >= -1<<31:
		w.b = binary.BigEndian.AppendUint32(append(w.b, codeInt32), uint32(v))
	default:
		w.b = binary.BigEndian.AppendUint64(append(w.b, codeInt64), uint64(v))
	}
}

// Bool writes a truth value.
func (w *Writer) Bool(v bool) {
	if v {
		w.b = append(w.b, codeTrue)
	} else {
		w.b = append(w.b, codeFalse)
	}
}

// Text writes text.
func (w *Writer) Text(s string) {
	switch n := len(s); {
	case n < 1<<5:
		w.b = append(w.b, codeFixText|byte(n))
	case n < 1<<8:
		w.b = append(w.b, codeText8, byte(n))
	case n < 1<<16:
		w.b = binary.BigEndian.AppendUint16(append(w.b, codeText16), uint16(n))
	default:
		w.b = binary.BigEndian.AppendUint32(append(w.b, codeText32), uint32(n))
	}
	w.b = append(w.b, s...)
}

// Nil writes the absent value.
func (w *Writer) Nil() { w.b = append(w.b, codeNil) }

// Bytes returns what was written so far, whatever its faults.
func (w *Writer) Bytes() []byte { return w.b }

// Raw appends bytes that a Writer wrote.
func (w *Writer) Raw(b []byte) { w.b = append(w.b, b...) }
