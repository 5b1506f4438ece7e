package durable_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"roster/internal/durable"
)

func Example() {
	dir, err := os.MkdirTemp("", "durable-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "note")
	for _, text := range []string{"a long first one", "second"} {
		if err := durable.Write(path, []byte(text)); err != nil {
			fmt.Println(err)
		}
	}
	content, err := os.ReadFile(path)
	fmt.Println(string(content), err)
	// Output: second <nil>
}

// What cannot be written whole leaves the old file as it was, and the new one is private.
func TestOldFileStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "note")
	if err := durable.Write(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
	if err := os.Mkdir(path+".new", 0o700); err != nil { // in the draft's place
		t.Fatal(err)
	}
	if err := durable.Write(path, []byte("new")); err == nil {
		t.Error("written although the draft could not be")
	}
	if content, err := os.ReadFile(path); string(content) != "old" {
		t.Errorf("%q, %v: want the old content", content, err)
	}
}
