package report_test

import (
	"fmt"
	"os"

	"roster/loadgen"
	"roster/loadgen/report"
)

func ExampleWriteText() {
	operation := loadgen.Operation{Name: "lookup", Count: 200, Rate: 100, Latency: loadgen.Latency{Mean: 1, P50: 0.8, P90: 2, P95: 3, P99: 4, P999: 5, Max: 6}}
	r := report.Report{Format: report.Format, Profile: "steady", Runs: []report.Run{{Load: loadgen.Result{Operations: []loadgen.Operation{operation}}}}}
	if err := report.WriteText(os.Stdout, r); err != nil {
		fmt.Println(err)
	}
	// Output:
	// steady
	//
	// OPERATION  COUNT  RATE/S    MEAN    P50     P90     P95     P99   P99.9     MAX  ERRORS
	// lookup       200     100  1.00ms  800us  2.00ms  3.00ms  4.00ms  5.00ms  6.00ms       0
	//
	// generator  0.00 cores, closed loop
}
