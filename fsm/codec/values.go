package codec

import (
	"errors"
	"fmt"

	"roster/fsm/codec/pack"
)

// The faults of a decoder; they stand as the Cause of an Internal *roster.Error.
var (
	// ErrMalformed: the bytes are not what this package writes.
	ErrMalformed = pack.ErrMalformed
	// ErrVersion: the bytes are of a format that this release does not know.
	ErrVersion = errors.New("unknown format version")
	// ErrUnknownKind: the bytes hold a command that this release does not know.
	ErrUnknownKind = errors.New("unknown command kind")
)

// eagerMax bounds what a list allocates before its items have been seen; a longer one
// grows as they arrive, so that a lie about the length costs nothing.
const eagerMax = 256

// Writer writes Roster's nouns as values of package pack. Make one with NewWriter; it may
// be reused with Reset.
type Writer struct{ pack.Writer }

// NewWriter returns a Writer that appends to dst.
func NewWriter(dst []byte) *Writer {
	w := &Writer{}
	w.Reset(dst)
	return w
}

// Reader reads what a Writer wrote.
type Reader struct {
	pack.Reader
	shared
}

// NewReader returns a Reader of b.
func NewReader(b []byte) *Reader { return &Reader{Reader: *pack.NewReader(b)} }

// list writes an array of items.
func list[T any](w *Writer, items []T, item func(*Writer, T)) {
	w.Array(len(items))
	for _, x := range items {
		item(w, x)
	}
}

// version reads a format version that must be want.
func (r *Reader) version(what string, want uint64) {
	if got := r.Uint(); r.Err() == nil && got != want {
		r.Note(ErrVersion, fmt.Sprintf("%s of format %d; this release reads %d", what, got, want))
	}
}

// items reads an array of items; never nil.
func items[T any](r *Reader, item func(*Reader) T) []T {
	return itemsIn(r, new(slab[T]), item)
}

// itemsIn is items, in a slab where lists are shared.
func itemsIn[T any](r *Reader, s *slab[T], item func(*Reader) T) []T {
	n := r.List()
	out := []T{}
	if !r.Dry() {
		out = room(r, s, n)
	}
	for range n {
		x := item(r)
		if r.Err() != nil {
			return out[:0]
		}
		if !r.Dry() {
			out = append(out, x)
		}
	}
	return out
}
