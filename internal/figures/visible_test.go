package figures_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"roster"
	"roster/node"
)

// BenchmarkVisible measures how long after its acknowledgement a write is found in the
// local replica of another node. idle: one write every ten milliseconds and nothing
// else. loaded: the same, while eight others write about half of what this machine can
// take. commit is the write itself, in the same run.
func BenchmarkVisible(b *testing.B) {
	for _, d := range []roster.Durability{roster.DurabilitySync, roster.DurabilityNone} {
		b.Run("durability="+string(d), func(b *testing.B) {
			nodes := three(b, d, 0)
			b.Run("idle", func(b *testing.B) { visible(b, nodes) })
			b.Run("loaded", func(b *testing.B) {
				defer background(b, nodes)()
				visible(b, nodes)
			})
		})
	}
}

// visible writes through one node and waits at another, in turn.
func visible(b *testing.B, nodes []*node.Node) {
	ctx, space := context.Background(), namespace(b)
	commits, seen := make([]time.Duration, 0, b.N), make([]time.Duration, 0, b.N)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for i := range b.N {
		<-tick.C
		start := time.Now()
		_, stamp, err := nodes[i%3].Register(ctx, roster.Register{Agent: named(space, i), Mode: roster.ModeCreate})
		acknowledged := time.Now()
		if err != nil {
			b.Fatal(err)
		}
		read := roster.Read{Level: roster.ReadFresh, After: stamp.ReadToken()}
		if _, _, err := nodes[(i+1)%3].Lookup(ctx, agentID(space, i), read); err != nil {
			b.Fatal(err)
		}
		commits, seen = append(commits, acknowledged.Sub(start)), append(seen, time.Since(acknowledged))
	}
	slices.Sort(commits)
	slices.Sort(seen)
	b.ReportMetric(milliseconds(percentile(commits, 50)), "commit-p50-ms")
	b.ReportMetric(milliseconds(percentile(commits, 99)), "commit-p99-ms")
	b.ReportMetric(milliseconds(percentile(seen, 50)), "seen-p50-ms")
	b.ReportMetric(milliseconds(percentile(seen, 99)), "seen-p99-ms")
}

// background keeps eight writers busy, each with a pause as long as its last write
// took, and returns what stops them and reports their rate.
func background(b *testing.B, nodes []*node.Node) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	space, began := namespace(b)+"-more", time.Now()
	var written atomic.Int64
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for ctx.Err() == nil {
				start := time.Now()
				c := roster.Register{Agent: named(space, int(written.Add(1))), Mode: roster.ModeCreate}
				if _, _, err := nodes[w%3].Register(ctx, c); err != nil && ctx.Err() == nil {
					b.Errorf("background: %v", err)
					return
				}
				pause := time.NewTimer(time.Since(start))
				<-pause.C
			}
		})
	}
	return func() {
		cancel()
		all.Wait()
		b.ReportMetric(float64(written.Load())/time.Since(began).Seconds(), "background/s")
	}
}
