package disk

import (
	"errors"
	"io"
)

// ErrInUse is the error of Lock when somebody else holds the directory.
var ErrInUse = errors.New("data directory is in use by another process")

// FS is one directory of files. Missing files are fs.ErrNotExist.
type FS interface {
	// List returns the names of the files.
	List() ([]string, error)
	// Open opens a file for reading and writing.
	Open(name string) (File, error)
	// Create makes a file of size zero bytes for which the disk has room, or empties
	// an old one. Its size is safe after the file's Sync, its name after Sync.
	Create(name string, size int64) (File, error)
	// Rename changes a name at once; an older file of that name goes.
	Rename(from, to string) error
	// Remove removes a name.
	Remove(name string) error
	// Sync makes names safe.
	Sync() error
	// Lock takes the directory until the Closer is closed or the process ends. It
	// fails with ErrInUse.
	Lock() (io.Closer, error)
	// Free returns how many bytes there is room for.
	Free() (int64, error)
	// Path returns where name is, for people.
	Path(name string) string
}

// File is an open file. It is safe for concurrent use, but for Close.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// Sync returns when everything written before is safe. After an error nobody
	// knows what is.
	Sync() error
	// Size returns how many bytes there are.
	Size() (int64, error)
}
