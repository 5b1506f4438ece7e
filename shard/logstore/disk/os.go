package disk

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

const lockName = "lock"

type dir string

// OS returns the directory at path, which it makes if need be.
func OS(path string) (FS, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	return dir(path), syncName(filepath.Dir(path))
}

func (d dir) Path(name string) string { return filepath.Join(string(d), name) }

func (d dir) List() ([]string, error) {
	entries, err := os.ReadDir(string(d))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() && e.Name() != lockName {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

func (d dir) Open(name string) (File, error) {
	f, err := os.OpenFile(d.Path(name), os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	return file{f}, nil
}

func (d dir) Create(name string, size int64) (File, error) {
	f, err := os.OpenFile(d.Path(name), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	if err := allocate(f, size); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(d.Path(name)))
	}
	return file{f}, nil
}

func (d dir) Rename(from, to string) error { return os.Rename(d.Path(from), d.Path(to)) }

func (d dir) Remove(name string) error { return os.Remove(d.Path(name)) }

func (d dir) Sync() error { return syncName(string(d)) }

func (d dir) Free() (int64, error) { return free(string(d)) }

func (d dir) Lock() (io.Closer, error) {
	f, err := os.OpenFile(d.Path(lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lock(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func syncName(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

type file struct{ *os.File }

// Sync leaves out the times of the file where the system can.
func (f file) Sync() error { return syncContent(f.File) }

func (f file) Size() (int64, error) {
	stat, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return stat.Size(), nil
}
