package codec

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"roster"
)

// Items come back in order, over many blocks.
func TestStreamKeepsOrder(t *testing.T) {
	var b bytes.Buffer
	out := NewStreamWriter(&b)
	filler := strings.Repeat("x", 1000)
	const n = 1000
	for i := range n {
		if err := out.Item(func(w *Writer) { w.Array(2); w.Uint(uint64(i)); w.Text(filler) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil || out.Written() != int64(b.Len()) || b.Len() < 3*BlockFull {
		t.Fatal(err, out.Written(), b.Len())
	}
	var got []uint64
	err := ReadStream(&b, func(r *Reader) {
		r.Array(2)
		got = append(got, r.Uint())
		_ = r.Text()
	})
	if err != nil || len(got) != n || !slices.IsSorted(got) {
		t.Errorf("%d items, sorted %v, %v", len(got), slices.IsSorted(got), err)
	}
}

// No block is written that the reader would refuse.
func TestStreamBlockBounded(t *testing.T) {
	out := NewStreamWriter(io.Discard)
	err := out.Item(func(w *Writer) { w.Text(strings.Repeat("x", BlockMax)) })
	if roster.CodeOf(err) != roster.CodeInternal || out.Close() == nil {
		t.Errorf("got %v", err)
	}
}

// A stream of another format says so.
func TestStreamVersion(t *testing.T) {
	err := ReadStream(strings.NewReader(streamMagic+"\x02\x00\x00\x00"), func(*Reader) {})
	if !errors.Is(err, ErrVersion) || !errors.Is(err, ErrStream) {
		t.Errorf("got %v", err)
	}
}
