package bundle

import (
	"archive/tar"
	"compress/gzip"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
)

// Bounds of a bundle, before it is compressed.
const (
	fileBytesMax = 8 << 20
	bytesMax     = 128 << 20
)

// archive writes files into a tar.gz, and keeps what is missing in it.
type archive struct {
	zip     *gzip.Writer
	tar     *tar.Writer
	root    string // the directory in which everything is
	now     time.Time
	left    int
	missing []string
}

func newArchive(w io.Writer, root string, now time.Time) *archive {
	zip := gzip.NewWriter(w)
	return &archive{zip: zip, tar: tar.NewWriter(zip), root: root, now: now, left: bytesMax}
}

// add writes a file, or keeps why there is none.
func (a *archive) add(name string, body []byte, err error) error {
	switch {
	case err != nil:
		a.miss(name, err)
		return nil
	case len(body) > fileBytesMax || len(body) > a.left:
		a.miss(name, fmt.Errorf("it has %d bytes, and there is room for %d", len(body), min(fileBytesMax, a.left)))
		return nil
	}
	a.left -= len(body)
	header := &tar.Header{Name: path.Join(a.root, name), Mode: 0o600, Size: int64(len(body)), ModTime: a.now, Format: tar.FormatPAX}
	if err := a.tar.WriteHeader(header); err != nil {
		return err
	}
	_, err = a.tar.Write(body)
	return err
}

func (a *archive) miss(name string, err error) {
	a.missing = append(a.missing, name+": "+strings.ReplaceAll(err.Error(), "\n", " "))
}

// close ends the archive with what is missing.
func (a *archive) close() error {
	text := "nothing\n"
	if len(a.missing) > 0 {
		text = strings.Join(a.missing, "\n") + "\n"
	}
	if err := a.add("missing.txt", []byte(text), nil); err != nil {
		return err
	}
	if err := a.tar.Close(); err != nil {
		return err
	}
	return a.zip.Close()
}
