package machine

import (
	"context"
	"os"
	"slices"
	"time"
)

const (
	// writes is how many synced writes are measured: enough for a p99, and on a slow disk
	// no longer than measureMax.
	writes     = 200
	measureMax = 3 * time.Second
	// writeBytes is about what an entry of the log has.
	writeBytes = 4096
)

// Facts are what was measured.
type Facts struct {
	SyncP50, SyncP99 time.Duration // of a write of 4 KiB at the end of a file, and its sync
	Free, Size       uint64        // bytes of the file system
	Files            uint64        // how many files a process may open; 0: not known
}

// Measure measures in dir. It writes a file there, and removes it.
func Measure(ctx context.Context, dir string) (Facts, error) {
	var f Facts
	took, err := syncs(ctx, dir)
	if err != nil {
		return f, err
	}
	slices.Sort(took)
	f.SyncP50, f.SyncP99 = took[len(took)/2], took[len(took)*99/100]
	f.Free, f.Size, err = space(dir)
	f.Files = files()
	return f, err
}

// syncs returns how long each of some synced writes took; at least one.
func syncs(ctx context.Context, dir string) (took []time.Duration, err error) {
	file, err := os.CreateTemp(dir, "roster-doctor-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(file.Name()) }() // it holds nothing
	defer file.Close()
	page := make([]byte, writeBytes)
	begin := time.Now()
	for range writes {
		start := time.Now()
		if _, err := file.Write(page); err != nil {
			return nil, err
		}
		if err := file.Sync(); err != nil {
			return nil, err
		}
		took = append(took, time.Since(start))
		if ctx.Err() != nil || time.Since(begin) > measureMax {
			break
		}
	}
	return took, nil
}
