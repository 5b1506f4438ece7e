package backup

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"slices"

	"roster"
)

// Archive is an archive that was found whole.
type Archive struct {
	Manifest
	Digest string // of everything, in hexadecimal
	source io.ReaderAt
	starts []int64 // of the states, by shard
	found  []Shard // what was found of each, to be held to the manifest
}

// Read verifies all of an archive of size bytes. The error is Invalid and wraps ErrArchive
// unless the archive is what Write wrote, and otherwise that of r.
func Read(r io.ReaderAt, size int64) (*Archive, error) {
	sum, err := verify(r, size)
	if err != nil {
		return nil, err
	}
	a := &Archive{Digest: hex.EncodeToString(sum), source: r}
	if err := a.walk(io.NewSectionReader(r, 0, size-sealBytes)); err != nil {
		return nil, err
	}
	return a, a.check()
}

// verify holds the end of an archive to everything before it.
func verify(r io.ReaderAt, size int64) ([]byte, error) {
	if size < sealBytes {
		return nil, refuse("%d bytes are too few: it was cut off", max(size, 0))
	}
	whole := sha256.New()
	if _, err := io.Copy(whole, io.NewSectionReader(r, 0, size-sealBytes)); err != nil {
		return nil, err
	}
	end := make([]byte, sealBytes)
	if n, err := r.ReadAt(end, size-sealBytes); n < sealBytes {
		return nil, err
	}
	sum := whole.Sum(nil)
	if !bytes.Equal(end, seal(sum)) {
		return nil, refuse("what it holds does not have the digest that it says: it was cut off or changed")
	}
	return sum, nil
}

// walk reads every entry: states, and the manifest as the last.
func (a *Archive) walk(r io.Reader) error {
	at := &position{r: r}
	for entries := tar.NewReader(at); ; {
		h, err := entries.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return refuse("it is no tar file: %v", err)
		case a.Format != 0:
			return refuse("it has %q behind its manifest", h.Name)
		case h.Name == manifestName:
			err = a.readManifest(entries)
		case isState(h.Name) && len(a.starts) <= roster.ShardsMax:
			err = a.readState(h, at.n, entries)
		default:
			return refuse("it has %q, which is nothing of an archive", h.Name)
		}
		if err != nil {
			return err
		}
	}
}

func (a *Archive) readManifest(r io.Reader) error {
	body, err := io.ReadAll(io.LimitReader(r, manifestMax+1))
	if err != nil {
		return err
	}
	if len(body) > manifestMax {
		return refuse("its manifest is longer than %d bytes", manifestMax)
	}
	a.Manifest, err = parseManifest(body)
	return err
}

// readState notes where a state begins and what it is.
func (a *Archive) readState(h *tar.Header, start int64, r io.Reader) error {
	id := roster.ShardID(len(a.starts))
	if h.Name != stateName(id) {
		return refuse("it has %q where shard %v should be", h.Name, id)
	}
	sum := sha256.New()
	n, err := io.Copy(sum, r)
	a.starts = append(a.starts, start)
	a.found = append(a.found, Shard{ID: id, Bytes: n, SHA256: hex.EncodeToString(sum.Sum(nil))})
	return err
}

// check holds the states to the manifest.
func (a *Archive) check() error {
	if a.Format < 1 {
		return refuse("it has no manifest of a format from 1 to %d", Format)
	}
	same := func(is, said Shard) bool {
		return is.ID == said.ID && is.Bytes == said.Bytes && is.SHA256 == said.SHA256
	}
	if len(a.found) == 0 || !slices.EqualFunc(a.found, a.Shards, same) {
		return refuse("its states are not those of its manifest")
	}
	return nil
}

// State returns the state of a shard, which must be in the manifest.
func (a *Archive) State(id roster.ShardID) io.Reader {
	return io.NewSectionReader(a.source, a.starts[id], a.Shards[id].Bytes)
}

// position counts what was read. It hides that a section can seek, so that the count is
// true where a tar reader skips.
type position struct {
	r io.Reader
	n int64
}

func (p *position) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	p.n += int64(n)
	return n, err
}
