package daemon

import (
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"
)

// system writes the files in which a system tells of its memory.
func system(t *testing.T, meminfo, cgroup string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{"proc/meminfo": meminfo, "sys/fs/cgroup/memory.max": cgroup} {
		if text == "" {
			continue
		}
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestMachineMemory(t *testing.T) {
	const meminfo = "MemTotal:        2048 kB\nMemFree:         1024 kB\n"
	for name, c := range map[string]struct {
		meminfo, cgroup string
		want            int64
	}{
		"a machine":             {meminfo, "", 2 << 20},
		"a container":           {meminfo, "1048576\n", 1 << 20},
		"a container, no limit": {meminfo, "max\n", 2 << 20},
		"a wide container":      {meminfo, "9223372036854771712\n", 2 << 20},
		"nothing is known":      {"", "", 0},
		"nonsense":              {"what?", "more", 0},
	} {
		if got := machineMemory(system(t, c.meminfo, c.cgroup)); got != c.want {
			t.Errorf("%s: %d bytes, want %d", name, got, c.want)
		}
	}
}

// TestMemoryBound: without a word it is what there is; 0 is none.
func TestMemoryBound(t *testing.T) {
	root := system(t, "MemTotal:        2048 kB\n", "")
	for text, want := range map[string]int64{"": 2 << 20, "0": 0, "1536KiB": 1536 << 10} {
		var b memoryBound
		if err := b.take(text); err != nil || b.bytes(root) != want {
			t.Errorf("%q: %d bytes, %v; want %d", text, b.bytes(root), err, want)
		}
	}
	if err := (&memoryBound{}).take("much"); err == nil {
		t.Error("much is no amount")
	}
}

// TestWhoSetsMemoryKeepsIt: the environment goes before what this program thinks.
func TestWhoSetsMemoryKeepsIt(t *testing.T) {
	percent, limit := debug.SetGCPercent(100), debug.SetMemoryLimit(-1)
	t.Cleanup(func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	})
	for name, c := range map[string]struct {
		gogc, memory string
		wantPercent  int
		wantLimit    int64
	}{
		"neither": {"", "", garbagePercent, 1 << 30},
		"GOGC":    {"100", "", 100, 1 << 30},
		"limit":   {"", "1GiB", garbagePercent, math.MaxInt64},
		"both":    {"100", "1GiB", 100, math.MaxInt64},
	} {
		t.Setenv("GOGC", c.gogc)
		t.Setenv("GOMEMLIMIT", c.memory)
		debug.SetGCPercent(100)
		debug.SetMemoryLimit(math.MaxInt64)
		tuneMemory(system(t, "MemTotal: 2097152 kB\n", ""), slog.New(slog.DiscardHandler))
		gotPercent, gotLimit := debug.SetGCPercent(100), debug.SetMemoryLimit(-1)
		if gotPercent != c.wantPercent || gotLimit != c.wantLimit {
			t.Errorf("%s: %d %%, %d bytes; want %d %%, %d bytes", name, gotPercent, gotLimit, c.wantPercent, c.wantLimit)
		}
	}
}
