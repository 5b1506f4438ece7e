package frame

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/raft"
)

func samples() []Frame {
	at := time.Unix(0, 1_700_000_000_123_456_789)
	return []Frame{
		{Kind: Append, ID: 1, Group: 7, Flags: Settled, Protocol: 3, Term: 5, Index: 300, IndexTerm: 4, Commit: 299, Entries: []*raft.Log{
			{Index: 301, Term: 5, Type: raft.LogCommand, Data: []byte("entry"), AppendedAt: at},
			{Index: 302, Term: 5, Type: raft.LogNoop},
			{Index: 303, Term: 5, Type: raft.LogConfiguration, Data: []byte{0}, Extensions: []byte("more")},
		}},
		{Kind: AppendAnswer, ID: 1, Group: 7, Flags: Yes | Soon, Protocol: 3, Term: 5, Index: 303},
		{Kind: Vote, ID: 2, Group: 1 << 31, Flags: Transfer, Protocol: 3, Term: 1 << 40, Index: 9, IndexTerm: 8},
		{Kind: VoteAnswer, ID: 2, Flags: Yes, Term: 6},
		{Kind: PreVote, ID: 3, Term: 6, Index: 9, IndexTerm: 8},
		{Kind: PreVoteAnswer, ID: 3, Term: 6},
		{Kind: HandOver, ID: 4, Protocol: 3},
		{Kind: HandOverDone, ID: 4, Protocol: 3},
		{Kind: Beats, ID: 1 << 50, Protocol: 3, Beats: []Beat{{Group: 0, Term: 5, Flags: Settled, Index: 299}, {Group: 9, Term: 6}}},
		{Kind: BeatsAnswer, ID: 1 << 50, Protocol: 3, Beats: []Beat{{Group: 0, Term: 5, Flags: Yes}, {Group: 1, Flags: Failed}}},
		{Kind: Nudge, Group: 7, Flags: Settled, Term: 5, Index: 303, IndexTerm: 5, Commit: 303},
		{Kind: Ping},
		{Kind: Pong},
		{Kind: Install, Group: 7, Term: 5, Index: 303, IndexTerm: 5, Commit: 2, Size: 1 << 33, Version: 1, Bytes: []byte("configuration")},
		{Kind: InstallAnswer, Flags: Yes, Term: 5},
		{Kind: Fault, ID: 5, Group: 7, Flags: Soon, Text: "refused"},
	}
}

func encode(t testing.TB, f Frame) []byte {
	t.Helper()
	var b bytes.Buffer
	w := bufio.NewWriterSize(&b, 64) // smaller than most frames
	if err := Write(w, &f); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func decode(b []byte) (Frame, error) {
	var f Frame
	err := Read(bufio.NewReader(bytes.NewReader(b)), &f)
	if len(f.Beats) == 0 {
		f.Beats = nil
	}
	return f, err
}

func TestFramesComeBack(t *testing.T) {
	for _, want := range samples() {
		got, err := decode(encode(t, want))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v\ncomes back as\n%+v, %v", want, got, err)
		}
	}
}

var update = flag.Bool("update", false, "write the golden file anew")

// TestGolden holds the bytes: nodes of another build must read them.
func TestGolden(t *testing.T) {
	var b strings.Builder
	var preface bytes.Buffer
	if err := WritePreface(&preface, "n1-00000001"); err != nil {
		t.Fatal(err)
	}
	b.WriteString(hex.EncodeToString(preface.Bytes()) + "\n")
	for _, f := range samples() {
		b.WriteString(hex.EncodeToString(encode(t, f)) + "\n")
	}
	path := filepath.Join("testdata", "frames.golden")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != b.String() {
		t.Errorf("the format has changed (%v):\n%s", err, b.String())
	}
}

// TestEntriesDoNotAlias: what is kept of a frame outlives the reader's buffer, and two
// entries of a frame do not run into each other.
func TestEntriesDoNotAlias(t *testing.T) {
	first, second := samples()[0], samples()[0]
	second.Entries = []*raft.Log{{Index: 301, Term: 5, Data: []byte("XXXXX")}, {Index: 302, Term: 5, Data: bytes.Repeat([]byte("X"), 40)}}
	r := bufio.NewReaderSize(bytes.NewReader(append(encode(t, first), encode(t, second)...)), 64)
	var f Frame
	if err := Read(r, &f); err != nil {
		t.Fatal(err)
	}
	kept := f.Entries
	if err := Read(r, &f); err != nil {
		t.Fatal(err)
	}
	_ = append(kept[2].Data, "overrun"...)
	if string(kept[0].Data) != "entry" || string(kept[2].Extensions) != "more" {
		t.Errorf("the entries of the first frame are now %q, %q", kept[0].Data, kept[2].Extensions)
	}
}

func TestBoundsHold(t *testing.T) {
	w := bufio.NewWriter(new(bytes.Buffer))
	big := Frame{Kind: Append, Entries: []*raft.Log{{Index: 1, Data: make([]byte, Max)}}}
	many := Frame{Kind: Append, Entries: make([]*raft.Log, EntriesMax+1)}
	for i := range many.Entries {
		many.Entries[i] = &raft.Log{Index: uint64(i)}
	}
	beats := Frame{Kind: Beats, Beats: make([]Beat, BeatsMax+1)}
	for _, f := range []*Frame{&big, &many, &beats} {
		if err := Write(w, f); !errors.Is(err, ErrLength) || w.Buffered() > 0 {
			t.Errorf("kind %d: %v, %d bytes written", f.Kind, err, w.Buffered())
		}
	}
	if got, err := decode(encode(t, Frame{Kind: Fault, Text: strings.Repeat("x", 2*TextMax)})); err != nil || len(got.Text) != TextMax {
		t.Errorf("a long text: %d bytes, %v", len(got.Text), err)
	}
}

func TestBrokenFramesAreRefused(t *testing.T) {
	for name, b := range map[string][]byte{
		"kind":              {99, 0},
		"length":            {byte(Append), 0xff, 0xff, 0xff, 0x7f},
		"many entries":      {byte(Append), 11, 1, 1, 0, 0, 0, 0, 0, 0, 0xff, 0x7f},
		"entry past end":    {byte(Append), 13, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 9},
		"bytes left over":   {byte(Ping), 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1},
		"group too large":   {byte(Ping), 12, 0, 0xff, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0, 0, 0},
		"cut":               {byte(Ping), 8, 0, 0},
		"beats that are no": {byte(Beats), 10, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 7},
	} {
		if _, err := decode(b); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range samples() {
		f.Add(encode(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := decode(b)
		if err != nil {
			return
		}
		again, err := decode(encode(t, got))
		if err != nil || !reflect.DeepEqual(got, again) {
			t.Fatalf("%+v becomes %+v, %v", got, again, err)
		}
	})
}

func FuzzReadPreface(f *testing.F) {
	f.Add([]byte("RHUB\x01\x02n1"))
	f.Add([]byte("RHUB\x02\x02n1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		node, err := ReadPreface(bytes.NewReader(b))
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := WritePreface(&again, node); err != nil || !bytes.HasPrefix(b, again.Bytes()) {
			t.Fatalf("%q is read as %q, %v", b, node, err)
		}
	})
}
