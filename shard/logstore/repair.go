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
