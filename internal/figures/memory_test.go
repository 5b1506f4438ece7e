package figures_test

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"roster"
	"roster/node"
)

// BenchmarkMemory reports what the population costs a node: live bytes of heap an agent
// with log, feed and remembered results, less those of the empty node; and what the
// process then takes from the machine.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		n := openNode(b, "", node.Config{Name: "n1", Expect: 1, Durability: roster.DurabilityNone})
		awaitReady(b, n)
		empty := live()
		fill(b, n, population)
		b.ReportMetric(float64(live()-empty)/population, "live-B/agent")
		debug.FreeOSMemory()
		b.ReportMetric(float64(resident())/(1<<20), "rss-MiB")
		closeNode(b, n)
	}
}

// live returns the bytes of heap that are in use after garbage is gone.
func live() uint64 {
	runtime.GC()
	runtime.GC() // what finalizers and pools held on to
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// resident returns the memory of this process in bytes, 0 where that is not known.
func resident() int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	line, _, _ := strings.Cut(after, "kB")
	kib, _ := strconv.Atoi(strings.TrimSpace(line))
	return kib << 10
}

// BenchmarkRestart opens a node on the directory in which it was closed, and waits until
// it is ready and shows every agent. "empty-ms" is the same before there were any: the
// election's share.
func BenchmarkRestart(b *testing.B) {
	dir := b.TempDir()
	config := node.Config{Name: "n1", Expect: 1, Durability: roster.DurabilitySync}
	n := openNode(b, dir, config)
	awaitReady(b, n)
	closeNode(b, n)
	start := time.Now()
	n = openNode(b, dir, config)
	awaitReady(b, n)
	empty := time.Since(start)
	fill(b, n, population)
	closeNode(b, n)
	for b.Loop() {
		n := openNode(b, dir, config)
		awaitReady(b, n)
		b.StopTimer()
		for _, id := range ids(population) {
			if _, _, err := n.Lookup(context.Background(), id, roster.Read{}); err != nil {
				b.Fatal(err)
			}
		}
		closeNode(b, n)
		b.StartTimer()
	}
	b.ReportMetric(milliseconds(b.Elapsed())/float64(b.N), "ready-ms")
	b.ReportMetric(milliseconds(empty), "empty-ms")
}
