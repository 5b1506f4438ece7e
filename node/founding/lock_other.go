//go:build !unix

package founding

import "os"

// LockDir makes dir. On this system only the stores' own locks keep a second
// process out.
func LockDir(dir string) (unlock func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, DirFault(dir, "cannot be made", err)
	}
	return func() error { return nil }, nil
}
