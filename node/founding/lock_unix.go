//go:build unix

package founding

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"roster"
)

// LockDir makes dir if need be and takes it for this process until the function
// returned is called or the process ends.
func LockDir(dir string) (unlock func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, DirFault(dir, "cannot be made", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, DirFault(dir, "cannot be written", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = roster.Errorf(roster.CodeConflict, "data directory %s is in use by another process: stop it, or give another --data-dir", dir)
		}
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil
}
