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
	dir := t.TempDir()
	store, err := logstore.Open(logstore.Bolt, dir)
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
	path := filepath.Join(dir, "raft.db")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	for name, spoil := range map[string]func(b []byte) []byte{
		"empty":              func([]byte) []byte { return nil },
		"one page":           func(b []byte) []byte { return b[:page] },
		"heads alone":        func(b []byte) []byte { return b[:2*page] },
		"heads zeroed":       func(b []byte) []byte { clear(b[:2*page]); return b },
		"garbage after them": func(b []byte) []byte { copy(b[2*page:], bytes.Repeat([]byte{0xff}, len(b))); return b },
		"zeros after them":   func(b []byte) []byte { clear(b[2*page:]); return b },
	} {
		t.Run(name, func(t *testing.T) {
			spoilt := spoil(bytes.Clone(whole))
			if err := os.WriteFile(path, spoilt, 0o600); err != nil {
				t.Fatal(err)
			}
			store, err := logstore.Open(logstore.Bolt, dir)
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
		})
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	store, err = logstore.Open(logstore.Bolt, dir)
	if err != nil {
		t.Fatal(err)
	}
	if last, err := store.LastIndex(); err != nil || last != 64 {
		t.Errorf("last index %d (%v), want 64", last, err)
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
