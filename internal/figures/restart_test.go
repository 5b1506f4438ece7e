package figures_test

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"roster"
	"roster/node"
)

// BenchmarkRestart fills a node that keeps its log on disk, closes it, opens it again
// and waits until it is ready and shows every agent. "empty-ms" is the same before
// there were any: the election's share. Beside it stands what the full node holds: live
// bytes of heap an agent, with log, feed and remembered results, less those of the empty
// node; and what the process then takes from the machine.
func BenchmarkRestart(b *testing.B) {
	dir := b.TempDir()
	config := node.Config{Name: "n1", Expect: 1, Durability: roster.DurabilitySync}
	n := openNode(b, dir, config)
	awaitReady(b, n)
	closeNode(b, n)
	start := time.Now()
	n = openNode(b, dir, config)
	awaitReady(b, n)
	empty, bytes := time.Since(start), live()
	fill(b, n, population)
	bytes, rss := live()-bytes, resident()
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
	b.ReportMetric(float64(bytes)/population, "live-B/agent")
	b.ReportMetric(float64(rss)/(1<<20), "rss-MiB")
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
