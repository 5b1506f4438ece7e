package board_test

import (
	"fmt"
	"strings"
	"time"

	"roster"
	"roster/cmd/node/survey/scrape"
	"roster/cmd/node/survey/sight"
	"roster/cmd/node/top/board"
)

// look is what node a tells after some writes; node b tells no metrics.
func look(ops, cpu float64) *sight.Cluster {
	metrics, err := scrape.Read(strings.NewReader(fmt.Sprintf(`# TYPE roster_shard_store_write_seconds histogram
roster_shard_store_write_seconds_bucket{shard="1",le="+Inf"} %[1]v
roster_shard_store_write_seconds_sum{shard="1"} %[3]v
roster_shard_store_write_seconds_count{shard="1"} %[1]v
# TYPE roster_shard_operations_total counter
roster_shard_operations_total{shard="1"} %[1]v
# TYPE roster_http_requests_total counter
roster_http_requests_total{route="putAgent",code="200"} %[1]v
roster_http_requests_total{route="putAgent",code="503"} 2
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total %[2]v
# TYPE go_gc_heap_live_bytes gauge
go_gc_heap_live_bytes 1.048576e+07
`, ops, cpu, ops/1000)))
	if err != nil {
		fmt.Println(err)
	}
	return &sight.Cluster{Members: []roster.Member{{ID: "a", State: roster.NodeAlive, LeaderOf: []roster.ShardID{1}}, {ID: "b", State: roster.NodeDown}},
		Nodes: []sight.Node{{ID: "a", Metrics: &metrics, Status: roster.NodeStatus{Cluster: "demo", Agents: 12},
			Shards: []roster.ShardStatus{{ID: 1, Leader: "a", Agents: 12, AgeMS: 40}}}}}
}

func Example() {
	b := board.Of(look(100, 5), look(300, 6), 2*time.Second)
	for _, n := range b.Nodes {
		fmt.Println(n.ID, n.State, board.Number(n.CPU), board.Bytes(n.Heap), board.Number(n.Requests))
	}
	fmt.Println(b.Shards[0].ID, b.Shards[0].Leader, board.Number(b.Shards[0].Ops), board.Span(b.Shards[0].Write))
	fmt.Println(b.Routes[0].Name, board.Number(b.Routes[0].Requests), board.Number(b.Routes[0].Failed))
	// Output:
	// a alive 0.5 10 MiB 100
	// b down ? ? ?
	// 1 a 100 1ms
	// putAgent 100 0
}
