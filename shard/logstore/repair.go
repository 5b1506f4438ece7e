package logstore

import (
	"errors"
	"log/slog"

	"github.com/hashicorp/raft"
)

// Repair deletes an entry that contradicts the newest snapshot, and what follows it. Raft
// keeps such an entry, and the follower would then be sent snapshots for ever
// (hashicorp/raft issue 697).
func Repair(store raft.LogStore, snaps raft.SnapshotStore, logger *slog.Logger) error {
	newest, err := snaps.List()
	if err != nil || len(newest) == 0 {
		return err
	}
	var entry raft.Log
	err = store.GetLog(newest[0].Index, &entry)
	if errors.Is(err, raft.ErrLogNotFound) {
		return nil
	}
	if err != nil || entry.Term == newest[0].Term {
		return err
	}
	last, err := store.LastIndex()
	if err != nil {
		return err
	}
	logger.Warn("deleting entries that contradict the snapshot", "from", newest[0].Index, "to", last)
	return store.DeleteRange(newest[0].Index, last)
}

// Bootstrap begins a group with its first configuration, unless there is one.
func Bootstrap(c *raft.Config, store Store, snaps raft.SnapshotStore, transport raft.Transport, first raft.Configuration) error {
	old, err := raft.HasExistingState(store, store, snaps)
	if err != nil {
		return err
	}
	if old {
		return FinishBootstrap(store, snaps, first)
	}
	return raft.BootstrapCluster(c, store, store, snaps, transport, first)
}

// FinishBootstrap writes the configuration when a crash came after the first term was
// written and before it. Raft takes the term alone for the state of a member, and a
// group of such members would never choose a leader. Elections begin with term 2, so
// that a server in term 1 without an entry has promised nothing to anybody.
func FinishBootstrap(store Store, snaps raft.SnapshotStore, first raft.Configuration) error {
	last, err := store.LastIndex()
	if err != nil || last > 0 {
		return err
	}
	if taken, err := snaps.List(); err != nil || len(taken) > 0 {
		return err
	}
	if term, err := store.GetUint64([]byte("CurrentTerm")); err != nil || term != 1 {
		return err
	}
	return store.StoreLog(&raft.Log{Index: 1, Term: 1, Type: raft.LogConfiguration, Data: raft.EncodeConfiguration(first)})
}
