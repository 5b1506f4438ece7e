package codec

import (
	"bytes"
	"testing"
)

// roundTrip holds for every decoder: what it accepts can be written, and what was
// written reads and writes the same again.
func roundTrip[T any](t *testing.T, b []byte, decode func([]byte) (T, error), appendTo func([]byte, T) ([]byte, error)) {
	x, err := decode(b)
	if err != nil {
		return
	}
	once, err := appendTo(nil, x)
	if err != nil {
		t.Fatalf("%x was read, but cannot be written: %v", b, err)
	}
	y, err := decode(once)
	if err != nil {
		t.Fatalf("%x was written, but cannot be read: %v", once, err)
	}
	twice, err := appendTo(nil, y)
	if err != nil || !bytes.Equal(once, twice) {
		t.Fatalf("%x was written again as %x, %v", once, twice, err)
	}
}

func FuzzDecodeEntry(f *testing.F) {
	b, err := AppendEntry(nil, entry())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) { roundTrip(t, b, DecodeEntry, AppendEntry) })
}

func FuzzDecodeOp(f *testing.F) {
	for _, c := range commands() {
		b, err := AppendOp(nil, op(c))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		roundTrip(t, b, DecodeOp, AppendOp)
		sameJudgement(t, b)
	})
}

func FuzzDecodeResult(f *testing.F) {
	for _, x := range results() {
		b, err := AppendResult(nil, x)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { roundTrip(t, b, DecodeResult, AppendResult) })
}

func FuzzDecodeMap(f *testing.F) {
	b, err := AppendMap(nil, clusterMap())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) { roundTrip(t, b, DecodeMap, AppendMap) })
}
