package testcluster

import (
	"context"
	"fmt"
	"hash/crc32"
	"log/slog"
	"slices"
	"sync"

	"github.com/hashicorp/raft"

	"roster"
)

// faultsMax bounds what a Witness keeps: the first few faults tell the story.
const faultsMax = 20

// Witness holds what the nodes of a cluster store and claim against one another: an entry
// at one place and term is the same on every node, and a group has one leader a term. It
// is safe for concurrent use; make one with NewWitness.
type Witness struct {
	mu struct {
		sync.Mutex
		entries map[place]uint64
		leaders map[reign]string
		faults  []string
		seeded  int
	}
}

type place struct {
	shard       roster.ShardID
	index, term uint64
}

type reign struct {
	shard roster.ShardID
	term  uint64
}

// NewWitness returns a Witness that has seen nothing.
func NewWitness() *Witness {
	w := &Witness{}
	w.mu.entries, w.mu.leaders = make(map[place]uint64), make(map[reign]string)
	return w
}

// Stores notes entries that a node writes to the log of a shard.
func (w *Witness) Stores(shard roster.ShardID, logs []*raft.Log) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, log := range logs {
		at := place{shard, log.Index, log.Term}
		content := uint64(log.Type)<<32 | uint64(crc32.ChecksumIEEE(log.Data))
		if first, ok := w.mu.entries[at]; ok && first != content {
			w.fault("entry %d of term %d of shard %v differs between nodes", log.Index, log.Term, shard)
		}
		w.mu.entries[at] = content
	}
}

// Leads notes that a node takes itself for the leader of a shard in a term.
func (w *Witness) Leads(shard roster.ShardID, term uint64, node string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if first, ok := w.mu.leaders[reign{shard, term}]; ok && first != node {
		w.fault("both %s and %s lead shard %v in term %d", first, node, shard, term)
	}
	w.mu.leaders[reign{shard, term}] = node
}

// Seeded notes that a replica took a snapshot from its leader.
func (w *Witness) Seeded() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mu.seeded++
}

// Snapshots returns how many replicas took a snapshot from their leader.
func (w *Witness) Snapshots() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.mu.seeded
}

// fault keeps what is wrong; the lock is held.
func (w *Witness) fault(format string, args ...any) {
	if len(w.mu.faults) < faultsMax {
		w.mu.faults = append(w.mu.faults, fmt.Sprintf(format, args...))
	}
}

// Faults returns what is wrong, and how many entries and leaders were seen: without any,
// nothing was held against anything.
func (w *Witness) Faults() (faults []string, entries, leaders int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.mu.faults), len(w.mu.entries), len(w.mu.leaders)
}

// installed is what Raft logs, at debug, when a snapshot of the leader has taken a replica's place.
const installed = "Installed remote snapshot"

// ear hears in a node's log who leads, and passes everything on.
type ear struct {
	slog.Handler
	witness *Witness
	node    string
	shard   roster.ShardID
}

var _ slog.Handler = (*ear)(nil)

func (e *ear) Enabled(ctx context.Context, level slog.Level) bool {
	return level == slog.LevelInfo || level == slog.LevelDebug || e.Handler.Enabled(ctx, level)
}

func (e *ear) Handle(ctx context.Context, r slog.Record) error {
	switch r.Message {
	case installed:
		e.witness.Seeded()
	case "leading":
		r.Attrs(func(a slog.Attr) bool {
			if a.Key == "term" && a.Value.Kind() == slog.KindUint64 {
				e.witness.Leads(e.shard, a.Value.Uint64(), e.node)
			}
			return true
		})
	}
	if !e.Handler.Enabled(ctx, r.Level) {
		return nil
	}
	return e.Handler.Handle(ctx, r)
}

func (e *ear) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *e
	next.Handler = e.Handler.WithAttrs(attrs)
	for _, a := range attrs {
		switch {
		case a.Key == "node":
			next.node = a.Value.String()
		case a.Key == "shard" && a.Value.Kind() == slog.KindUint64:
			next.shard = roster.ShardID(a.Value.Uint64())
		}
	}
	return &next
}

func (e *ear) WithGroup(name string) slog.Handler {
	next := *e
	next.Handler = e.Handler.WithGroup(name)
	return &next
}
