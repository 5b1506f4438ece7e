package figures_test

import (
	"fmt"
	"testing"
	"time"

	"roster"
	"roster/node"
)

// settleFor is how long a new cluster is left alone first, and idleFor how long it is
// watched then.
const (
	settleFor = 5 * time.Second
	idleFor   = 8 * time.Second
)

// BenchmarkIdle measures what three nodes cost, all three together, while nobody asks
// anything of them: with the system shard and so many others, in percent of one core.
func BenchmarkIdle(b *testing.B) {
	for _, shards := range []int{8, 64} {
		for _, d := range []roster.Durability{roster.DurabilityNone, roster.DurabilitySync} {
			b.Run(fmt.Sprintf("%s/shards=%d", d, shards), func(b *testing.B) {
				threeOf(b, node.Config{Durability: d, Shards: shards})
				<-time.After(settleFor)
				for b.Loop() {
					used := cpuTime()
					<-time.After(idleFor)
					b.ReportMetric(100*(cpuTime()-used).Seconds()/idleFor.Seconds(), "%core")
				}
			})
		}
	}
}
