package logstore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/hashicorp/raft"
)

// Snapshots is a raft.SnapshotStore that shows only the newest snapshot, so that
// Raft never falls back to an older one, and whose streams know their index.
type Snapshots struct{ raft.SnapshotStore }

const (
	// snapshotDir is where raft.FileSnapshotStore puts its directories.
	snapshotDir   = "snapshots"
	snapshotsKept = 2
)

// OpenSnapshots opens the snapshots below dir, or in memory when dir is "". The newest
// one must be whole. What the store of files has to say goes to log.
func OpenSnapshots(dir string, log io.Writer) (*Snapshots, error) {
	if dir == "" {
		return &Snapshots{&memorySnapshots{}}, nil
	}
	files, err := raft.NewFileSnapshotStore(dir, snapshotsKept, log)
	if err != nil {
		return nil, err
	}
	if err := SyncPath(dir); err != nil {
		return nil, err
	}
	s := &Snapshots{&fileSnapshots{files, filepath.Join(dir, snapshotDir)}}
	if err := s.verify(filepath.Join(dir, snapshotDir)); err != nil {
		return nil, err
	}
	return s, nil
}

// List returns the newest snapshot, or none.
func (s *Snapshots) List() ([]*raft.SnapshotMeta, error) {
	all, err := s.SnapshotStore.List()
	return all[:min(len(all), 1)], err
}

// Open returns a stream that remembers which snapshot it is.
func (s *Snapshots) Open(id string) (*raft.SnapshotMeta, io.ReadCloser, error) {
	meta, stream, err := s.SnapshotStore.Open(id)
	if err != nil {
		return nil, nil, err
	}
	return meta, &opened{stream, meta.Index}, nil
}

// verify reads the newest snapshot through. The store skips a snapshot whose
// description it cannot read, so the directories themselves say what should be there.
func (s *Snapshots) verify(dir string) error {
	names, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	listed, err := s.SnapshotStore.List()
	if err != nil {
		return err
	}
	var newest raft.SnapshotMeta
	readable := map[string]bool{}
	for i, meta := range listed {
		readable[meta.ID] = true
		if i == 0 {
			newest = *meta
		}
	}
	for _, name := range names {
		if name.IsDir() && !strings.HasSuffix(name.Name(), ".tmp") && !readable[name.Name()] && !before(name.Name(), newest) {
			return Unreadable(filepath.Join(dir, name.Name()), errors.New("its description cannot be read"))
		}
	}
	if len(listed) == 0 {
		return nil
	}
	_, stream, err := s.SnapshotStore.Open(listed[0].ID)
	if err != nil {
		return Unreadable(filepath.Join(dir, listed[0].ID), err)
	}
	return stream.Close()
}

// before reports whether the name of a directory, term-index-time, is older than a
// snapshot.
func before(name string, newest raft.SnapshotMeta) bool {
	var term, index, at uint64
	if _, err := fmt.Sscanf(name, "%d-%d-%d", &term, &index, &at); err != nil {
		return false
	}
	return term < newest.Term || (term == newest.Term && index <= newest.Index)
}

// Unreadable is the error with which a replica whose snapshot cannot be read must not
// start: it says what to do.
func Unreadable(path string, err error) error {
	return fmt.Errorf("snapshot %s cannot be read: %w; this replica does not start from an older one, because it may have acknowledged what came after: "+
		"empty the data directory and start as a new node while the shard's other voters live, or restore a copy of the whole directory", path, err)
}

// opened is the stream of a snapshot.
type opened struct {
	io.ReadCloser
	index uint64
}

// SnapshotIndex returns the Raft index of a stream that Snapshots opened, also
// when Raft has wrapped it.
func SnapshotIndex(stream io.ReadCloser) (uint64, error) {
	for {
		switch s := stream.(type) {
		case *opened:
			return s.index, nil
		case raft.ReadCloserWrapper:
			stream = s.WrappedReadCloser()
		default:
			return 0, fmt.Errorf("snapshot stream %T does not know its log index", stream)
		}
	}
}

// fileSnapshots syncs the directory of a snapshot too, which the store leaves out.
type fileSnapshots struct {
	*raft.FileSnapshotStore
	dir string
}

func (f *fileSnapshots) Create(version raft.SnapshotVersion, index, term uint64, c raft.Configuration, at uint64, t raft.Transport) (raft.SnapshotSink, error) {
	sink, err := f.FileSnapshotStore.Create(version, index, term, c, at, t)
	if err != nil {
		return nil, err
	}
	return &syncedSink{SnapshotSink: sink, draft: filepath.Join(f.dir, sink.ID()+".tmp")}, nil
}

type syncedSink struct {
	raft.SnapshotSink
	draft string
	ended bool
}

// Close syncs the names of the files before the directory gets its final name. Raft
// closes once more after the snapshot has.
func (s *syncedSink) Close() error {
	if s.ended {
		return nil
	}
	s.ended = true
	if err := SyncPath(s.draft); err != nil {
		return errors.Join(err, s.Cancel())
	}
	return s.SnapshotSink.Close()
}

// memorySnapshots keeps the newest finished snapshot.
type memorySnapshots struct {
	mu struct {
		sync.Mutex
		newest *memorySink
	}
}

var _ raft.SnapshotStore = (*memorySnapshots)(nil)

func (m *memorySnapshots) Create(version raft.SnapshotVersion, index, term uint64, c raft.Configuration, at uint64, _ raft.Transport) (raft.SnapshotSink, error) {
	return &memorySink{store: m, meta: raft.SnapshotMeta{
		Version: version, ID: fmt.Sprintf("%d-%d", term, index), Index: index, Term: term, Configuration: c, ConfigurationIndex: at,
	}}, nil
}

func (m *memorySnapshots) List() ([]*raft.SnapshotMeta, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mu.newest == nil {
		return nil, nil
	}
	meta := m.mu.newest.meta
	return []*raft.SnapshotMeta{&meta}, nil
}

func (m *memorySnapshots) Open(id string) (*raft.SnapshotMeta, io.ReadCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mu.newest == nil || m.mu.newest.meta.ID != id {
		return nil, nil, fmt.Errorf("snapshot %s is gone", id)
	}
	meta := m.mu.newest.meta
	return &meta, io.NopCloser(bytes.NewReader(m.mu.newest.state.Bytes())), nil
}

// memorySink is a snapshot that is being written. It shows when it is closed.
type memorySink struct {
	store *memorySnapshots
	meta  raft.SnapshotMeta
	state bytes.Buffer
	ended bool
}

func (s *memorySink) ID() string                  { return s.meta.ID }
func (s *memorySink) Write(p []byte) (int, error) { return s.state.Write(p) }

func (s *memorySink) Close() error {
	if s.ended {
		return nil
	}
	s.ended = true
	s.meta.Size = int64(s.state.Len())
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	s.store.mu.newest = s
	return nil
}

func (s *memorySink) Cancel() error {
	s.ended = true
	return nil
}
