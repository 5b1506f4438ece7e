package shard

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"roster/shard/logstore"
)

// BenchmarkPropose measures acknowledged writes: so many callers, each with one write
// under way. Compare the bolt rows with BenchmarkRawSync of the same run: a write
// costs a page of the log's tree and two syncs on every voter.
func BenchmarkPropose(b *testing.B) {
	for _, kind := range logstore.Kinds {
		for _, nodes := range []int{1, 3} {
			for _, callers := range []int{1, 64, 1024} {
				b.Run(fmt.Sprintf("%s/nodes=%d/callers=%d", kind, nodes, callers), func(b *testing.B) {
					benchmarkPropose(b, kind, nodes, callers)
				})
			}
		}
	}
}

func benchmarkPropose(b *testing.B, kind logstore.Kind, nodes, callers int) {
	c := muster(b, kind, nodes, nil)
	defer c.disband()
	g := c.leader()
	var next atomic.Int64
	var wait sync.WaitGroup
	b.ResetTimer()
	for range callers {
		wait.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if r, err := g.Propose(b.Context(), register(int(i%10000))); err != nil || r.Err != nil {
					b.Error(err, r.Err)
					return
				}
			}
		})
	}
	wait.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
	b.ReportMetric(float64(b.N)/float64(g.proposer.entries.Load()), "ops/entry")
}

// BenchmarkRawSync is what the disk can do: write one page and sync it.
func BenchmarkRawSync(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "raw"))
	must(b, err)
	defer f.Close()
	page := make([]byte, 4096)
	for b.Loop() {
		_, err := f.WriteAt(page, 0)
		must(b, err)
		must(b, f.Sync())
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "syncs/s")
}

// BenchmarkLookup is a local read, beside nothing.
func BenchmarkLookup(b *testing.B) {
	c := muster(b, logstore.Memory, 1, nil)
	defer c.disband()
	g := c.leader()
	flood(b, g, 0, 1000)
	b.ReportAllocs()
	id := agentID(7)
	for b.Loop() {
		if _, ok, _ := g.Lookup(id); !ok {
			b.Fatal("lost")
		}
	}
}

// BenchmarkReadIndex is a linearizable read on the leader of three.
func BenchmarkReadIndex(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			c := muster(b, logstore.Memory, 3, nil)
			defer c.disband()
			g := c.leader()
			var left atomic.Int64
			left.Store(int64(b.N))
			var wait sync.WaitGroup
			b.ResetTimer()
			for range callers {
				wait.Go(func() {
					for left.Add(-1) >= 0 {
						if _, err := g.ReadIndex(b.Context()); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wait.Wait()
		})
	}
}
