package meter_test

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roster/httpapi/meter"
)

func Example() {
	registry := prometheus.NewRegistry()
	route := meter.New(registry).Route("getAgent")
	route.Answered(200, time.Millisecond)
	route.Answered(200, time.Millisecond)
	families, err := registry.Gather()
	if err != nil {
		fmt.Println(err)
	}
	for _, f := range families {
		if f.GetName() == "roster_http_requests_total" {
			fmt.Println(f.GetMetric()[0].GetCounter().GetValue())
		}
	}
	// Output: 2
}
