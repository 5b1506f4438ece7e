package logstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	boltFile = "raft.db"
	// lockWait is how long Open waits for another process to let go of the file.
	lockWait = time.Second
	// mapBytes is mapped at once, so that a young file does not remap while it grows.
	mapBytes = 16 << 20
)

func openBolt(dir string) (Store, error) {
	if err := makeDir(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, boltFile)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		if err := createBolt(dir, path); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	} else if err := checkFile(path); err != nil {
		return nil, err
	}
	return openFile(path)
}

func openFile(path string) (Store, error) {
	store, err := raftboltdb.New(raftboltdb.Options{
		Path: path,
		// The free list is rebuilt at start: writing it with every commit costs more
		// than the entries once the file has been compacted.
		BoltOptions: &bbolt.Options{
			Timeout:         lockWait,
			NoFreelistSync:  true,
			FreelistType:    bbolt.FreelistMapType,
			InitialMmapSize: mapBytes,
		},
		MsgpackUseNewTimeFormat: true,
	})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("%s: %w", path, ErrInUse)
	}
	if err != nil {
		return nil, fmt.Errorf("open log %s: %w", path, err)
	}
	return store, nil
}

// createBolt makes the file under another name first: a file that a power cut left
// half initialised would never open again.
func createBolt(dir, path string) error {
	draft := path + ".new"
	if err := os.Remove(draft); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	store, err := openFile(draft)
	if err != nil {
		return err
	}
	if err := store.Close(); err != nil {
		return err
	}
	if err := SyncPath(draft); err != nil {
		return err
	}
	if err := os.Rename(draft, path); err != nil {
		return err
	}
	return SyncPath(dir)
}

// makeDir creates dir and makes its name durable in its parent.
func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return SyncPath(filepath.Dir(dir))
}

// SyncPath syncs a file or a directory by name.
func SyncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
