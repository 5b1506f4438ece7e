package logstore

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/hashicorp/raft"

	"roster/shard/logstore/disk"
)

const benchEntry = 256

// BenchmarkStoreLogs stores one entry a call, in as many groups as there are writers.
// Compare with BenchmarkRawSync of the same run.
func BenchmarkStoreLogs(b *testing.B) {
	for _, kind := range []Kind{Bolt, Shared} {
		for _, groups := range []int{1, 16} {
			b.Run(fmt.Sprintf("%s/groups=%d", kind, groups), func(b *testing.B) { benchmarkStore(b, kind, groups) })
		}
	}
}

func benchmarkStore(b *testing.B, kind Kind, groups int) {
	var stores []Store
	dir := b.TempDir()
	var shared *SharedLog
	if kind == Shared {
		var err error
		shared, err = OpenShared(dir, false)
		must(b, err)
		defer shared.Close()
	}
	for id := range groups {
		var s Store
		var err error
		if shared != nil {
			s, err = shared.Group(uint32(id))
		} else {
			s, err = Open(kind, filepath.Join(dir, fmt.Sprint(id)))
		}
		must(b, err)
		defer s.Close()
		stores = append(stores, s)
	}
	data := make([]byte, benchEntry)
	var wait sync.WaitGroup
	b.ResetTimer()
	for i, s := range stores {
		wait.Go(func() {
			for n := uint64(1); n <= uint64(b.N/groups)+1; n++ {
				if err := s.StoreLog(&raft.Log{Index: n, Term: 1, Data: data}); err != nil {
					b.Errorf("group %d: %v", i, err)
					return
				}
			}
		})
	}
	wait.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
	if shared != nil {
		b.ReportMetric(float64(b.N)/float64(shared.Size().Frames), "ops/sync")
	}
}

// BenchmarkRawSync is what the disk can do: write a little and sync it, in a file that
// has its blocks.
func BenchmarkRawSync(b *testing.B) {
	fs, err := disk.OS(b.TempDir())
	must(b, err)
	f, err := fs.Create("raw", 64<<20)
	must(b, err)
	defer f.Close()
	sector, at := make([]byte, 512), int64(0)
	for b.Loop() {
		_, err := f.WriteAt(sector, at%(64<<20))
		must(b, err)
		must(b, f.Sync())
		at += 512
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}

// BenchmarkStart opens a log of a million entries and reads all of them, as Raft does
// when it starts.
func BenchmarkStart(b *testing.B) {
	const entries, batch = 1_000_000, 2000
	dir := b.TempDir()
	s, err := OpenShared(dir, false)
	must(b, err)
	g, err := s.Group(1)
	must(b, err)
	logs := make([]*raft.Log, batch)
	for i := uint64(1); i <= entries; i += batch {
		for k := range logs {
			logs[k] = &raft.Log{Index: i + uint64(k), Term: 1, Data: make([]byte, benchEntry)}
		}
		must(b, g.StoreLogs(logs))
	}
	must(b, s.Close())
	bytes := int64(0)
	files, err := os.ReadDir(dir)
	must(b, err)
	for _, f := range files {
		stat, err := f.Info()
		must(b, err)
		bytes += stat.Size()
	}
	b.Run("open", func(b *testing.B) {
		b.SetBytes(bytes)
		for b.Loop() {
			s, err := OpenShared(dir, true)
			must(b, err)
			must(b, s.Close())
		}
	})
	s, err = OpenShared(dir, true)
	must(b, err)
	defer s.Close()
	g, err = s.Group(1)
	must(b, err)
	b.Run("read", func(b *testing.B) {
		i := uint64(0)
		for b.Loop() {
			var log raft.Log
			must(b, g.GetLog(i%entries+1, &log))
			i++
		}
	})
}
