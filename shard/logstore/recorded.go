package logstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"roster/internal/durable"
)

// RecordFile says, beside the snapshots of a shard, where its log is.
const RecordFile = "store"

// Recorded returns the kind of store that the shard in dir has: what Record wrote last;
// Bolt where there is only a file of it, as before there were records; "" where there
// is neither.
func Recorded(dir string) (Kind, error) {
	text, err := os.ReadFile(filepath.Join(dir, RecordFile))
	if errors.Is(err, os.ErrNotExist) {
		if Present(Bolt, dir) == nil {
			return Bolt, nil
		}
		return "", nil
	}
	if err != nil {
		return "", err
	}
	switch kind := Kind(strings.TrimSpace(string(text))); kind {
	case Bolt, Shared:
		return kind, nil
	}
	return "", fmt.Errorf("%w: %s says %.40q, want %s or %s", ErrCorrupt, filepath.Join(dir, RecordFile), text, Bolt, Shared)
}

// Record makes kind the store of the shard in dir, which it makes if need be: one
// rename, so that a crash leaves the old record or the new one.
func Record(dir string, kind Kind) error {
	if err := makeDir(dir); err != nil {
		return err
	}
	return durable.Write(filepath.Join(dir, RecordFile), []byte(kind+"\n"))
}

// RemoveBolt removes the file of a Bolt store that is not the shard's store any more.
func RemoveBolt(dir string) error {
	err := os.Remove(filepath.Join(dir, boltFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return errors.Join(err, SyncPath(dir))
}
