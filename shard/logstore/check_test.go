package logstore_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/raft"

	"roster/shard/logstore"
)

// TestDamagedFileIsRefused opens files that were changed: never a panic, never a log
// that begins anew.
func TestDamagedFileIsRefused(t *testing.T) {
	for kind, file := range map[logstore.Kind]string{logstore.Bolt: "raft.db", logstore.Shared: "0000000001.log"} {
		t.Run(string(kind), func(t *testing.T) { damageFile(t, kind, file) })
	}
}

func damageFile(t *testing.T, kind logstore.Kind, file string) {
	dir := t.TempDir()
	store, err := logstore.Open(kind, dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint64(64) {
		if err := store.StoreLog(&raft.Log{Index: i + 1, Term: 1, Data: bytes.Repeat([]byte("x"), 1000)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, file)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head := 2 * os.Getpagesize() // of bolt
	if kind == logstore.Shared {
		head = 512
	}
	for name, spoil := range map[string]func(b []byte) []byte{
		"empty":              func([]byte) []byte { return nil },
		"half a head":        func(b []byte) []byte { return b[:head/2] },
		"head alone":         func(b []byte) []byte { return b[:head] },
		"head zeroed":        func(b []byte) []byte { clear(b[:head]); return b },
		"cut in the middle":  func(b []byte) []byte { return b[:head+bytes.Count(b, []byte("x"))/2] },
		"garbage after head": func(b []byte) []byte { copy(b[head:], bytes.Repeat([]byte{0xff}, len(b))); return b },
		"zeros after head":   func(b []byte) []byte { clear(b[head:]); return b },
	} {
		t.Run(name, func(t *testing.T) { refused(t, kind, path, spoil(bytes.Clone(whole))) })
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	store, err = logstore.Open(kind, dir)
	if err != nil {
		t.Fatal(err)
	}
	if last, err := store.LastIndex(); err != nil || last != 64 {
		t.Errorf("last index %d (%v), want 64", last, err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, kind logstore.Kind, path string, spoilt []byte) {
	if err := os.WriteFile(path, spoilt, 0o600); err != nil {
		t.Fatal(err)
	}
	store, err := logstore.Open(kind, filepath.Dir(path))
	if err == nil {
		err = store.Close()
		t.Fatalf("it opens (%v)", err)
	}
	if !errors.Is(err, logstore.ErrCorrupt) {
		t.Errorf("%v: want ErrCorrupt", err)
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, spoilt) {
		t.Errorf("the file was changed (%v)", err)
	}
}

func TestPresent(t *testing.T) {
	dir := t.TempDir()
	store, err := logstore.Open(logstore.Bolt, dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(logstore.Present(logstore.Bolt, dir), logstore.Present(logstore.Memory, "")); err != nil {
		t.Error(err)
	}
	if err := logstore.Present(logstore.Bolt, t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("nothing there: %v", err)
	}
}

// TestRecorded: a directory says where its log is, also one from before it said so.
func TestRecorded(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "7")
	want := func(kind logstore.Kind) {
		t.Helper()
		if got, err := logstore.Recorded(dir); got != kind || err != nil {
			t.Errorf("recorded %q, %v; want %q", got, err, kind)
		}
	}
	want("")
	store, err := logstore.Open(logstore.Bolt, dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	want(logstore.Bolt)
	if err := logstore.Record(dir, logstore.Shared); err != nil {
		t.Fatal(err)
	}
	want(logstore.Shared)
	if err := errors.Join(logstore.RemoveBolt(dir), logstore.RemoveBolt(dir)); err != nil {
		t.Error(err)
	}
	want(logstore.Shared)
	if err := os.WriteFile(filepath.Join(dir, "store"), []byte("tape"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := logstore.Recorded(dir); !errors.Is(err, logstore.ErrCorrupt) {
		t.Errorf("an unknown store: %v", err)
	}
}
