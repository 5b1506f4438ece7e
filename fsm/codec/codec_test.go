package codec

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vmihailenco/msgpack/v5"

	"roster"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// golden compares b with the file of that name, in hexadecimal.
func golden(t *testing.T, name string, b []byte) {
	t.Helper()
	file := filepath.Join("testdata", name+".hex")
	text := hex.Dump(b)
	if *rewrite {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != text {
		t.Errorf("%s: the format changed; that wants a new version\ngot:\n%s\nwant:\n%s", name, text, want)
	}
}

func TestGoldenCommands(t *testing.T) {
	seen := map[roster.Kind]bool{}
	for _, c := range slices.Concat(commands(), fleetCommands(), watchedCommands()[:1]) {
		seen[c.Kind()] = true
		b, err := AppendOp(nil, op(c))
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "op_"+c.Kind().String(), b)
		got, err := DecodeOp(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(op(c), got); diff != "" {
			t.Errorf("%v: (-written +read)\n%s", c.Kind(), diff)
		}
	}
	for kind := range decoders {
		if !seen[kind] {
			t.Errorf("kind %d (%v) has no golden file", kind, kind)
		}
	}
}

func TestGoldenEntry(t *testing.T) {
	b, err := AppendEntry(nil, entry())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "entry", b)
	got, err := DecodeEntry(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(entry(), got); diff != "" {
		t.Errorf("(-written +read)\n%s", diff)
	}
}

func TestGoldenResults(t *testing.T) {
	for name, x := range results() {
		b, err := AppendResult(nil, x)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "result_"+name, b)
		got, err := DecodeResult(b)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(x, got) {
			t.Errorf("%s: wrote %+v, read %+v", name, x, got)
		}
	}
}

// A map that is steered, or whose readers are counted, has a form of its own; the other is
// as it was before there was steering.
func TestGoldenMap(t *testing.T) {
	steered := clusterMap()
	steered.Draining, steered.Paused = []roster.NodeID{"n2-0b0c0d0e"}, true
	levelled := steered
	levelled.Level, levelled.PausedUntil = 300, 1<<40
	read := clusterMap()
	read.Draining, read.Readers = []roster.NodeID{}, 2
	read.Shards = []roster.ShardVoters{{ID: 1, Voters: []roster.NodeID{"n1-0a0b0c0d"}, Readers: []roster.NodeID{"n2-0b0c0d0e"}}, {ID: 2, Voters: []roster.NodeID{}, Readers: []roster.NodeID{}}}
	zoned := read
	zoned.Readers, zoned.Spread = roster.ReadersAll, "rack"
	pruned := zoned
	pruned.Spread, pruned.Pruned = "", []roster.NodeID{"n3-0c0d0e0f"}
	for name, m := range map[string]roster.ClusterMap{"map": clusterMap(), "map_steered": steered, "map_level": levelled, "map_read": read, "map_spread": zoned, "map_pruned": pruned} {
		b, err := AppendMap(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name, b)
		got, err := DecodeMap(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m, got); diff != "" {
			t.Errorf("%s (-written +read)\n%s", name, diff)
		}
	}
}

// An entry of encoded operations is the entry of the operations, and their sizes are
// what they add to it.
func TestEncodedEntry(t *testing.T) {
	e := entry()
	n := 0
	var ops []Encoded
	for _, x := range e.Ops {
		encoded, err := Encode(x)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := encoded.Op(); err != nil || encoded.Kind() != x.Command.Kind() || encoded.Exact() != (x.Request.Client != 0) || !cmp.Equal(got, x) {
			t.Errorf("%v came back as %v, %v", x, got, err)
		}
		ops = append(ops, encoded)
		n += encoded.Size()
	}
	want, err := AppendEntry(nil, e)
	if err != nil {
		t.Fatal(err)
	}
	got, err := AppendEncoded(nil, e, ops)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %x, %v\nwant %x", got, err, want)
	}
	if len(got) < n || len(got) > n+EntryHeadMax {
		t.Errorf("operations of %d bytes in an entry of %d", n, len(got))
	}
	if _, err := AppendEncoded(nil, e, []Encoded{{}}); err == nil {
		t.Error("an entry with an operation of no bytes")
	}
	if _, err := Encode(roster.Op{}); roster.CodeOf(err) != roster.CodeInvalid {
		t.Errorf("an operation without a command: %v", err)
	}
}

// Check and DecodeOp refuse the same bytes for the same reason, wherever one is changed
// or they end.
func TestCheckRefusesWhatDecodeRefuses(t *testing.T) {
	refused := 0
	for _, c := range commands() {
		b, err := AppendOp(nil, op(c))
		if err != nil {
			t.Fatal(err)
		}
		for n := range b {
			refused += sameJudgement(t, b[:n])
			for _, other := range []byte{0x00, 0x7f, 0x80, 0x92, 0xc0, 0xc3, 0xca, 0xcf, 0xd9, 0xdd, 0xff, b[n] + 1, b[n] - 1} {
				changed := bytes.Clone(b)
				changed[n] = other
				refused += sameJudgement(t, changed)
			}
		}
		refused += sameJudgement(t, append(b, 0))
	}
	if refused < 1000 {
		t.Errorf("only %d were refused", refused)
	}
}

// sameJudgement returns 1 when b was refused.
func sameJudgement(t *testing.T, b []byte) int {
	t.Helper()
	x, want := DecodeOp(b)
	e, err := Check(b)
	if fmt.Sprint(err) != fmt.Sprint(want) || errors.Unwrap(err) != errors.Unwrap(want) {
		t.Fatalf("%x: checked %v, decoded %v", b, err, want)
	}
	if want != nil {
		return 1
	}
	entry, err := AppendEncoded(nil, roster.Entry{}, []Encoded{e})
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeEntry(entry)
	if err != nil || !cmp.Equal(got.Ops[0], x) {
		t.Fatalf("%x: an entry of it is %v, %v", b, got, err)
	}
	return 0
}

// What is written is what the msgpack library writes, around every limit of a form.
func TestWritesAsTheLibraryDoes(t *testing.T) {
	var b bytes.Buffer
	library, w := msgpack.NewEncoder(&b), NewWriter(nil)
	same := func(what string, n uint64, err error) {
		t.Helper()
		if err != nil || !bytes.Equal(b.Bytes(), w.Bytes()) {
			t.Errorf("%s of %d: %x, the library %x, %v", what, int64(n), w.Bytes(), b.Bytes(), err)
		}
		b.Reset()
		w.Reset(nil)
	}
	for shift := range 64 {
		for _, n := range []uint64{1 << shift, 1<<shift - 1, 1<<shift + 1, -(1 << shift), -(1 << shift) - 1, -(1 << shift) + 1} {
			w.Uint(n)
			same("a number", n, library.EncodeUint(n))
			w.Int(int64(n))
			same("a signed number", n, library.EncodeInt(int64(n)))
			if n < 1<<17 {
				w.Array(int(n))
				same("an array", n, library.EncodeArrayLen(int(n)))
				text := strings.Repeat("x", int(n))
				w.Text(text)
				same("a text", n, library.EncodeString(text))
			}
		}
	}
	w.Bool(true)
	w.Bool(false)
	w.Nil()
	same("words", 0, errors.Join(library.EncodeBool(true), library.EncodeBool(false), library.EncodeNil()))
}

// Appending leaves what was there.
func TestAppendKeepsPrefix(t *testing.T) {
	b, err := AppendOp([]byte("before"), op(roster.Tick{}))
	if err != nil || !bytes.HasPrefix(b, []byte("before")) {
		t.Errorf("got %q, %v", b, err)
	}
}

// Every true prefix of an entry is refused, and so is anything after its end.
func TestEveryPrefixRefused(t *testing.T) {
	b, err := AppendEntry(nil, entry())
	if err != nil {
		t.Fatal(err)
	}
	for n := range b {
		if _, err := DecodeEntry(b[:n]); !errors.Is(err, ErrMalformed) {
			t.Fatalf("the first %d of %d bytes: %v", n, len(b), err)
		}
	}
	if _, err := DecodeEntry(append(bytes.Clone(b), 0xc0)); !errors.Is(err, ErrMalformed) {
		t.Errorf("a trailing byte: %v", err)
	}
}

// future is what a newer release might have written.
func future(t *testing.T, values ...any) []byte {
	t.Helper()
	b, err := msgpack.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFaultsAreDistinct(t *testing.T) {
	unknown := []any{uint64(0), uint64(0), uint64(0), "", uint64(0), "", "", uint64(0), uint64(777), []any{uint64(1)}}
	for _, c := range []struct {
		name string
		b    []byte
		want error
		text string
	}{
		{"a newer kind", future(t, uint64(1), unknown), ErrUnknownKind, "unknown command kind 777: it was written by a newer version"},
		{"a newer format", future(t, uint64(2), unknown), ErrVersion, "format 2"},
		{"nil for a number", future(t, nil, unknown), ErrMalformed, "where a number belongs"},
		{"a float for a number", future(t, 1.5, unknown), ErrMalformed, "where a number belongs"},
		{"a map", []byte{0x80}, ErrMalformed, "array"},
		{"nothing", nil, ErrMalformed, "end early"},
		{"an array that lies", []byte{0x92, 1, 0xdd, 0xff, 0xff, 0xff, 0xff}, ErrMalformed, "array"},
		{"a text that lies", append(future(t, uint64(1))[:0], 0x92, 1, 0x9a, 0, 0, 0, 0xdb, 0xff, 0xff, 0xff, 0xff), ErrMalformed, "text of 4294967295 bytes"},
	} {
		_, err := DecodeOp(c.b)
		if !errors.Is(err, c.want) || roster.CodeOf(err) != roster.CodeInternal || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: got %v, want %v with %q", c.name, err, c.want, c.text)
		}
	}
}

func TestUnwritable(t *testing.T) {
	for name, f := range map[string]func() error{
		"no command":      func() error { _, err := AppendOp(nil, roster.Op{}); return err },
		"a pointer":       func() error { _, err := AppendOp(nil, roster.Op{Command: &roster.Tick{}}); return err },
		"a strange value": func() error { _, err := AppendResult(nil, roster.Result{Value: 3}); return err },
		"too many": func() error {
			_, err := AppendEntry(nil, roster.Entry{Ops: make([]roster.Op, roster.EntryOpsMax+1)})
			return err
		},
	} {
		if err := f(); roster.CodeOf(err) != roster.CodeInvalid {
			t.Errorf("%s: got %v, want Invalid", name, err)
		}
	}
}

// A fault that is no *roster.Error goes as Internal, and no cause goes at all.
func TestFaultsOfResults(t *testing.T) {
	for _, fault := range []error{errors.New("plain"), &roster.Error{Code: roster.CodeInternal, Detail: "plain", Cause: errors.New("inside")}} {
		b, err := AppendResult(nil, roster.Result{Err: fault})
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeResult(b)
		if err != nil {
			t.Fatal(err)
		}
		if text := fmt.Sprint(got.Err); text != "plain" || roster.CodeOf(got.Err) != roster.CodeInternal {
			t.Errorf("%v came back as %v", fault, got.Err)
		}
	}
}

// The secret itself is never written.
func TestSecretStays(t *testing.T) {
	a := agent()
	a.Secret = "correct horse battery"
	b, err := AppendOp(nil, op(roster.Register{Agent: a}))
	if err != nil || bytes.Contains(b, []byte(a.Secret)) {
		t.Errorf("the secret was written, or %v", err)
	}
}

// A node with labels has a form of its own; the other is as it was before there were any.
func TestGoldenNode(t *testing.T) {
	plain := roster.NodeInfo{ID: "n1-0a0b0c0d", Name: "n1", Address: "a:1", HTTP: "a:2", Version: "v1", State: roster.NodeAlive, Lease: 9}
	labelled := plain
	labelled.Labels = roster.Map{{Key: "rack", Value: "r1"}, {Key: "zone", Value: "a"}}
	for name, n := range map[string]roster.NodeInfo{"node": plain, "node_labelled": labelled} {
		w := NewWriter(nil)
		w.Node(n)
		b, err := w.Finish()
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name, b)
		r := NewReader(b)
		if diff := cmp.Diff(n, r.Node()); diff != "" || r.Finish() != nil {
			t.Errorf("%s (-written +read)\n%s %v", name, diff, r.Finish())
		}
	}
}
