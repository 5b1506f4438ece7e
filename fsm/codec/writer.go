package codec

import (
	"github.com/vmihailenco/msgpack/v5"
)

// Writer appends msgpack values to a byte slice. The first fault sticks and comes out
// of Finish. Make one with NewWriter; it may be reused with Reset.
type Writer struct {
	b   []byte
	enc *msgpack.Encoder
	err error
}

// NewWriter returns a Writer that appends to dst.
func NewWriter(dst []byte) *Writer {
	w := &Writer{b: dst}
	w.enc = msgpack.NewEncoder(w)
	return w
}

// Reset makes w append to dst and forgets an earlier fault.
func (w *Writer) Reset(dst []byte) { w.b, w.err = dst, nil }

// Finish returns what was written, or the first fault.
func (w *Writer) Finish() ([]byte, error) { return w.b, w.err }

// Write appends raw bytes: it is how the encoder below reaches the slice.
func (w *Writer) Write(p []byte) (int, error) {
	w.b = append(w.b, p...)
	return len(p), nil
}

// WriteByte appends one raw byte.
func (w *Writer) WriteByte(c byte) error {
	w.b = append(w.b, c)
	return nil
}

// note keeps the first fault.
func (w *Writer) note(err error) {
	if w.err == nil {
		w.err = err
	}
}

// Array begins an array of n values, which must follow.
func (w *Writer) Array(n int) { w.note(w.enc.EncodeArrayLen(n)) }

// Uint writes an unsigned number.
func (w *Writer) Uint(v uint64) { w.note(w.enc.EncodeUint(v)) }

// Int writes a signed number.
func (w *Writer) Int(v int64) { w.note(w.enc.EncodeInt(v)) }

// Bool writes a truth value.
func (w *Writer) Bool(v bool) { w.note(w.enc.EncodeBool(v)) }

// Text writes text.
func (w *Writer) Text(s string) { w.note(w.enc.EncodeString(s)) }

// Nil writes the absent value.
func (w *Writer) Nil() { w.note(w.enc.EncodeNil()) }

// list writes an array of items.
func list[T any](w *Writer, items []T, item func(*Writer, T)) {
	w.Array(len(items))
	for _, x := range items {
		item(w, x)
	}
}

// Bytes returns what was written so far, whatever its faults.
func (w *Writer) Bytes() []byte { return w.b }
