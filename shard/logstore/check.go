package logstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Present returns an error unless an earlier Open of kind left its log in dir. A voter
// that once had a log and now begins an empty one has forgotten its vote.
func Present(kind Kind, dir string) error {
	if kind != Bolt {
		return nil
	}
	_, err := os.Stat(filepath.Join(dir, boltFile))
	return err
}

// checkFile reads a file through, without changing it, before it is opened for good.
// bbolt makes a new log of an empty file, and ends the process, or only a goroutine of
// its own, over a page that is cut off or is not what it should be.
func checkFile(path string) (err error) {
	stat, err := os.Stat(path)
	if err != nil {
		return err
	}
	if stat.Size() == 0 {
		return fmt.Errorf("%w: %s is empty", ErrCorrupt, path)
	}
	// A page beyond the end of the file is a memory fault.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%w: %s: %v", ErrCorrupt, path, cause)
		}
	}()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: lockWait})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return fmt.Errorf("%s: %w", path, ErrInUse)
	}
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrCorrupt, path, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }() // also when a page faults
	return db.View(func(tx *bbolt.Tx) error {
		if tx.Size() > stat.Size() {
			return fmt.Errorf("%w: %s is cut off: %d bytes of %d", ErrCorrupt, path, stat.Size(), tx.Size())
		}
		return tx.ForEach(func(_ []byte, b *bbolt.Bucket) error {
			return b.ForEach(func(_, _ []byte) error { return nil })
		})
	})
}
