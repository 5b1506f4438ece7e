package figures_test

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
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

// BenchmarkReplicate writes in process through three nodes with four shards of agents, by
// 1 024 callers that each have one write under way: an update that touches no index, and
// the registration of a new agent. "per-cpu-s" is how many writes a second of CPU time
// pays for, all replicas and the callers together.
func BenchmarkReplicate(b *testing.B) {
	for _, d := range []roster.Durability{roster.DurabilitySync, roster.DurabilityNone} {
		b.Run("durability="+string(d), func(b *testing.B) {
			nodes := three(b, d, 4)
			fill(b, nodes[0], audience)
			awaitAgents(b, audience, nodes...)
			b.Run("update", func(b *testing.B) {
				replicate(b, nodes, update)
			})
			b.Run("register", func(b *testing.B) {
				space := namespace(b)
				replicate(b, nodes, func(n *node.Node, i int) error {
					_, _, err := n.Register(context.Background(), roster.Register{Agent: named(space, i), Mode: roster.ModeCreate})
					return err
				})
			})
		})
	}
}

// update changes something that no index knows; no two calls write the same.
func update(n *node.Node, i int) error {
	value := strconv.FormatUint(updates.Add(1), 10)
	_, _, err := n.Do(context.Background(), roster.Update{ID: agentID("load", i%audience),
		Metadata: roster.MapPatch{Set: roster.Map{{Key: "owner", Value: value}}}})
	return err
}

var updates atomic.Uint64

// BenchmarkShards replicates the same updates over more and more shards.
func BenchmarkShards(b *testing.B) {
	for _, shards := range []int{1, 4, 8, 16} {
		b.Run(fmt.Sprintf("shards=%d", shards), func(b *testing.B) {
			nodes := three(b, roster.DurabilitySync, shards)
			fill(b, nodes[0], audience)
			awaitAgents(b, audience, nodes...)
			replicate(b, nodes, update)
		})
	}
}

func replicate(b *testing.B, nodes []*node.Node, write func(n *node.Node, i int) error) {
	const callers = 1024
	began := cpuTime()
	b.ResetTimer()
	spread(b, callers, b.N, func(worker, i int) error { return write(nodes[worker%len(nodes)], i) })
	b.StopTimer()
	cpu := cpuTime() - began
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
	b.ReportMetric(float64(b.N)/cpu.Seconds(), "per-cpu-s")
	b.ReportMetric(float64(cpu.Microseconds())/float64(b.N), "cpu-us/op")
}
