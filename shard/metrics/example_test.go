package metrics_test

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roster/shard/metrics"
)

func Example() {
	c := metrics.New(func() []metrics.Sample {
		return []metrics.Sample{{Shard: 3, Index: 7, Leading: true, Age: -1}}
	})
	c.Wrote(3, "append", time.Millisecond)
	r := prometheus.NewRegistry()
	r.MustRegister(c)
	families, err := r.Gather()
	if err != nil {
		panic(err)
	}
	for _, f := range families {
		switch f.GetName() {
		case "roster_shard_age_seconds", "roster_shard_index":
			fmt.Println(f.GetName(), f.GetMetric()[0].GetLabel()[0].GetValue(), f.GetMetric()[0].GetGauge().GetValue())
		}
	}
	// Output:
	// roster_shard_age_seconds 3 -1
	// roster_shard_index 3 7
}
