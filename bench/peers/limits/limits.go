package limits

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"roster/bench/peers/process"
	"roster/bench/peers/record"
	"roster/bench/peers/table"
)

// pageBytes is what each sync writes.
const pageBytes = 4096

// Measure spends about twice d on the limits of this machine.
func Measure(ctx context.Context, dir string, records int, d time.Duration) (table.Limits, error) {
	p50, p99, err := syncs(ctx, dir, d)
	if err != nil {
		return table.Limits{}, fmt.Errorf("limits: %w", err)
	}
	return table.Limits{SyncP50: milliseconds(p50), SyncP99: milliseconds(p99), MapRead: mapRead(ctx, records, d), Load: process.LoadAverage()}, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// syncs appends pages to a file and syncs each.
func syncs(ctx context.Context, dir string, d time.Duration) (p50, p99 time.Duration, err error) {
	name := filepath.Join(dir, "page")
	f, err := os.Create(name)
	if err != nil {
		return 0, 0, err
	}
	defer os.Remove(name)
	defer f.Close()
	page := make([]byte, pageBytes)
	var took []time.Duration
	for began := time.Now(); (time.Since(began) < d || len(took) == 0) && ctx.Err() == nil; {
		start := time.Now()
		if _, err := f.Write(page); err != nil {
			return 0, 0, err
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			return 0, 0, err
		}
		took = append(took, time.Since(start))
	}
	if len(took) == 0 {
		return 0, 0, context.Cause(ctx)
	}
	slices.Sort(took)
	return took[len(took)/2], took[len(took)*99/100], nil
}

// mapRead returns nanoseconds a read of a random record of a Go map.
func mapRead(ctx context.Context, records int, d time.Duration) float64 {
	all := make(map[string][]byte, records)
	ids := make([]string, records)
	for i := range records {
		ids[i] = record.ID(i)
		all[ids[i]] = record.Make(i, 1)
	}
	random := rand.New(rand.NewPCG(1, 2))
	const stride = 4096 // reads between two looks at the clock
	reads, bytes := 0, 0
	began := time.Now()
	for time.Since(began) < d && ctx.Err() == nil {
		for range stride {
			bytes += len(all[ids[random.IntN(records)]])
		}
		reads += stride
	}
	if bytes != reads*record.Bytes {
		return 0
	}
	return float64(time.Since(began).Nanoseconds()) / float64(max(reads, 1))
}

// tmpfs is the magic number of a file system in memory.
const tmpfs = 0x01021994

// InMemory reports whether dir lies in memory, where a sync means nothing.
func InMemory(dir string) bool {
	var s syscall.Statfs_t
	return syscall.Statfs(dir, &s) == nil && int64(s.Type) == tmpfs
}
