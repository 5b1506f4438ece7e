package figures_test

import (
	"context"
	"fmt"
	"testing"

	"roster"
	"roster/node"
)

// BenchmarkPropose registers new agents through a single node in process: no HTTP, no
// forwarding, no disk. Each caller has one write under way.
func BenchmarkPropose(b *testing.B) {
	n := single(b, roster.DurabilityNone)
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) { propose(b, callers, n) })
	}
}

func propose(b *testing.B, callers int, n *node.Node) {
	space := namespace(b)
	b.ReportAllocs()
	began := cpuTime()
	b.ResetTimer()
	spread(b, callers, b.N, func(_, i int) error {
		_, _, err := n.Register(context.Background(), roster.Register{Agent: named(space, i), Mode: roster.ModeCreate})
		return err
	})
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
	b.ReportMetric(float64((cpuTime()-began).Microseconds())/float64(b.N), "cpu-us/op")
}
