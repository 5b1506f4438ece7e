package backup

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"roster"
)

// File is an archive on disk that was found whole. Close it.
type File struct {
	*Archive
	file *os.File
}

// Open verifies the archive at path. Its errors are those of Read and of the file.
func Open(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	a, err := readFile(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &File{a, f}, nil
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

func readFile(f *os.File) (*Archive, error) {
	stat, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return Read(f, stat.Size())
}

// Save makes the file at path of what write writes, which must be a whole archive: it
// goes under another name first, is synced and verified, and then gets its own. After an
// error there is no file. One that is there already is a Conflict.
func Save(path string, write func(io.Writer) error) (Manifest, string, error) {
	switch _, err := os.Lstat(path); {
	case err == nil:
		return Manifest{}, "", roster.Errorf(roster.CodeConflict, "%s is there already: name a new file", path)
	case !errors.Is(err, fs.ErrNotExist):
		return Manifest{}, "", err
	}
	draft := path + ".part"
	f, err := os.OpenFile(draft, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return Manifest{}, "", err
	}
	a, err := fill(f, write)
	if err == nil {
		err = os.Rename(draft, path)
	}
	if err != nil {
		return Manifest{}, "", errors.Join(err, os.Remove(draft))
	}
	return a.Manifest, a.Digest, syncDir(filepath.Dir(path))
}

// fill writes, syncs, verifies and closes f.
func fill(f *os.File, write func(io.Writer) error) (a *Archive, err error) {
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := write(f); err != nil {
		return nil, err
	}
	if err := f.Sync(); err != nil {
		return nil, err
	}
	return readFile(f)
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
