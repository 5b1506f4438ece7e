package daemon

import (
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"

	"roster/placement"
)

// How much garbage the heap may hold, in percent of what lives, before it is collected:
// with a limit to the whole, and without. Go's own 100 spends a fifth of a busy node's
// CPU time on collecting.
const (
	garbagePercent          = 300
	garbagePercentUnlimited = 200
)

// tuneMemory sets the garbage collector up for a node, unless GOGC and GOMEMLIMIT do.
// The limit is soft: near it, the collector works more. root is where the system's
// files are: "/".
func tuneMemory(root string, log *slog.Logger) {
	percent := garbagePercentUnlimited
	if os.Getenv("GOMEMLIMIT") != "" {
		percent = garbagePercent
	} else if total := machineMemory(root); total > 0 {
		percent = garbagePercent
		debug.SetMemoryLimit(total / 2)
		log.Debug("memory limit", "bytes", total/2)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// machineMemory returns the bytes of memory that this process may have: those of its
// container, or of the machine; 0 where that cannot be told.
func machineMemory(root string) int64 {
	machine := int64(0)
	if text, err := os.ReadFile(filepath.Join(root, "proc/meminfo")); err == nil {
		_, after, _ := strings.Cut(string(text), "MemTotal:")
		size, _, _ := strings.Cut(after, "kB")
		kib, _ := strconv.ParseInt(strings.TrimSpace(size), 10, 64)
		machine = kib << 10
	}
	text, err := os.ReadFile(filepath.Join(root, "sys/fs/cgroup/memory.max"))
	if err != nil {
		return machine
	}
	limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil { // "max": none
		return machine
	}
	if machine == 0 {
		return limit
	}
	return min(machine, limit)
}

// memoryBound is what a node and its agents may take together.
type memoryBound struct {
	said bool // or else it is what there is
	size placement.Size
}

func (b *memoryBound) take(v string) error {
	if v == "" {
		return nil
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	b.said = true
	if err := b.size.UnmarshalJSON(raw); err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "memory: "))
	}
	return nil
}

// bytes returns the bound; root is as in tuneMemory.
func (b *memoryBound) bytes(root string) int64 {
	if b.said {
		return int64(b.size)
	}
	return machineMemory(root)
}
