package stores

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"roster"
	"roster/shard/logstore"
)

// Config says where logs are. Logger must not be nil.
type Config struct {
	// Dir holds shards/<id>/ and log/; "" is for Memory alone.
	Dir string
	// Kind is the store of shards that are new here. With Memory, all are.
	Kind   logstore.Kind
	Logger *slog.Logger
}

// Stores opens the stores of one node.
type Stores struct {
	config  Config
	turn    chan struct{} // holds a token: one move at a time
	opening chan struct{} // full while the shared log is being opened
	ended   context.Context
	end     context.CancelFunc
	rest    sync.Once
	step    func(string) // called between the steps of a move, by tests
	mu      struct {
		sync.Mutex
		log  *logstore.SharedLog // nil where no shard is in it
		open map[roster.ShardID]*Movable
	}
}

// Open opens the shared log where there is one, or there was. A new one begins with the
// first shard in it.
func Open(c Config) (*Stores, error) {
	s := &Stores{config: c, turn: make(chan struct{}, 1), opening: make(chan struct{}, 1)}
	s.ended, s.end = context.WithCancel(context.Background())
	s.turn <- struct{}{}
	s.mu.open = map[roster.ShardID]*Movable{}
	s.step = func(string) {}
	if c.Kind == logstore.Memory {
		return s, nil
	}
	begun, err := s.sharedBefore()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(c.Dir, "log")); !begun && errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	return s, s.openLog(begun)
}

// openLog opens the shared log, unless it is open.
func (s *Stores) openLog(begun bool) error {
	s.opening <- struct{}{}
	defer func() { <-s.opening }()
	if s.shared() != nil {
		return nil
	}
	log, err := logstore.OpenShared(filepath.Join(s.config.Dir, "log"), begun)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.log = log
	return nil
}

func (s *Stores) shared() *logstore.SharedLog {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.log
}

// has reports whether the shared log holds a shard.
func (s *Stores) has(id roster.ShardID) bool {
	log := s.shared()
	return log != nil && log.Has(uint32(id))
}

// Rest ends a move that is under way and lets no other begin. Stores close after that.
func (s *Stores) Rest() {
	s.end()
	s.rest.Do(func() { <-s.turn })
}

// Close closes the shared log.
func (s *Stores) Close() error {
	s.end()
	if log := s.shared(); log != nil {
		return log.Close()
	}
	return nil
}

// Dir returns the directory of a shard, "" without one.
func (s *Stores) Dir(id roster.ShardID) string {
	if s.config.Dir == "" {
		return ""
	}
	return filepath.Join(s.config.Dir, "shards", id.String())
}

// sharedBefore reports whether a shard here is in the shared log.
func (s *Stores) sharedBefore() (bool, error) {
	shards, err := os.ReadDir(filepath.Join(s.config.Dir, "shards"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return false, err
	}
	for _, shard := range shards {
		kind, err := logstore.Recorded(filepath.Join(s.config.Dir, "shards", shard.Name()))
		if err != nil || kind == logstore.Shared {
			return true, err
		}
	}
	return false, nil
}

// Kind returns the kind of store that a shard has here; "" is none yet.
func (s *Stores) Kind(id roster.ShardID) (logstore.Kind, error) {
	if s.config.Kind == logstore.Memory {
		return logstore.Memory, nil
	}
	kind, err := logstore.Recorded(s.Dir(id))
	if kind == "" && err == nil && s.has(id) {
		kind = logstore.Shared // the node stopped before that was written down
	}
	return kind, err
}

// Present returns an error unless what a shard that was open here before has written is
// there. A voter that once had a log and now begins an empty one has forgotten its vote.
func (s *Stores) Present(id roster.ShardID) error {
	if s.config.Kind == logstore.Memory {
		return nil
	}
	kind, err := logstore.Recorded(s.Dir(id))
	if err != nil {
		return err
	}
	return s.present(id, kind)
}

func (s *Stores) present(id roster.ShardID, kind logstore.Kind) error {
	switch kind {
	case logstore.Memory:
		return nil
	case logstore.Shared:
		if !s.has(id) {
			return fmt.Errorf("log %s has nothing of shard %v: %w", filepath.Join(s.config.Dir, "log"), id, os.ErrNotExist)
		}
		return nil
	}
	return logstore.Present(logstore.Bolt, s.Dir(id))
}

// Open opens the store of a shard, and begins one for a shard that is new here. What a
// move between stores has left behind goes.
func (s *Stores) Open(id roster.ShardID) (*Movable, logstore.Kind, error) {
	kind, err := s.Kind(id)
	if err != nil {
		return nil, "", err
	}
	if kind == "" {
		return s.begin(id)
	}
	if kind != s.config.Kind {
		s.config.Logger.Info("the shard stays in the store that it is in; roster nodes migrate-store moves it",
			"shard", uint32(id), "store", kind, "asked", s.config.Kind)
	}
	if err := s.present(id, kind); err != nil {
		return nil, "", err
	}
	if err := s.removeOther(id, kind); err != nil {
		return nil, "", err
	}
	store, err := s.open(id, kind)
	if err == nil && kind != logstore.Memory {
		err = s.record(id, kind, store)
	}
	if err != nil {
		return nil, "", err
	}
	return s.movable(id, store), kind, nil
}

// movable remembers which store of a shard is open.
func (s *Stores) movable(id roster.ShardID, store logstore.Store) *Movable {
	m := newMovable(store)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.open[id] = m
	return m
}

// begin begins a store. Its first record comes before the word that there is one.
func (s *Stores) begin(id roster.ShardID) (*Movable, logstore.Kind, error) {
	kind := s.config.Kind
	store, err := s.open(id, kind)
	if err != nil {
		return nil, "", err
	}
	if err := s.record(id, kind, store); err != nil {
		return nil, "", err
	}
	return s.movable(id, store), kind, nil
}

// record writes down which store a shard has, if that is not known, and closes the
// store if it cannot.
func (s *Stores) record(id roster.ShardID, kind logstore.Kind, store logstore.Store) error {
	if _, err := os.Stat(filepath.Join(s.Dir(id), logstore.RecordFile)); err == nil {
		return nil
	}
	if err := logstore.Record(s.Dir(id), kind); err != nil {
		return errors.Join(err, store.Close())
	}
	return nil
}

func (s *Stores) open(id roster.ShardID, kind logstore.Kind) (logstore.Store, error) {
	if kind == logstore.Shared {
		if err := s.openLog(false); err != nil {
			return nil, err
		}
		return s.shared().Group(uint32(id))
	}
	return logstore.Open(kind, s.Dir(id))
}

// removeOther removes what the store that is not the shard's has of it.
func (s *Stores) removeOther(id roster.ShardID, kind logstore.Kind) error {
	switch kind {
	case logstore.Shared:
		return logstore.RemoveBolt(s.Dir(id))
	case logstore.Bolt:
		if s.has(id) {
			return s.shared().Forget(uint32(id))
		}
	}
	return nil
}
