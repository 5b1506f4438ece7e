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
	for _, c := range commands() {
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

func TestGoldenMap(t *testing.T) {
	b, err := AppendMap(nil, clusterMap())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "map", b)
	got, err := DecodeMap(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(clusterMap(), got); diff != "" {
		t.Errorf("(-written +read)\n%s", diff)
	}
}

// The size of an operation is what it adds to an entry, and an entry adds little.
func TestOpSize(t *testing.T) {
	e := entry()
	n := 0
	for _, x := range e.Ops {
		n += OpSize(x)
	}
	b, err := AppendEntry(nil, e)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) < n || len(b) > n+EntryHeadMax {
		t.Errorf("operations of %d bytes in an entry of %d", n, len(b))
	}
	if got := OpSize(roster.Op{}); got != 0 {
		t.Errorf("an operation without a command has %d bytes", got)
	}
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
