package scrape_test

import (
	"fmt"
	"strings"

	"roster/cmd/node/survey/scrape"
)

func Example() {
	read := func(text string) scrape.Metrics {
		m, err := scrape.Read(strings.NewReader("# TYPE ops_total counter\n# TYPE took_seconds histogram\n" + text))
		if err != nil {
			fmt.Println(err)
		}
		return m
	}
	before := read("ops_total{shard=\"1\"} 5\nops_total{shard=\"2\"} 1\n")
	now := read("ops_total{shard=\"1\"} 9\nops_total{shard=\"2\"} 1\ntook_seconds_bucket{le=\"+Inf\"} 2\ntook_seconds_sum 3\ntook_seconds_count 2\n")
	fmt.Println(now.Since(before, "ops_total"), now.Since(before, "ops_total", "shard", "2"), now.Sum("took_seconds_sum"), now.Has("none"))
	fmt.Println(now.Names())
	// Output:
	// 4 0 3 false
	// [ops_total took_seconds_bucket took_seconds_count took_seconds_sum]
}
