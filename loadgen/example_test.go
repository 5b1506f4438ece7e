package loadgen_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"roster/loadgen"
)

// The target is anything that can be called: here a map under a lock.
func ExampleDrive() {
	var table sync.Map
	result, err := loadgen.Drive(context.Background(), loadgen.Load{
		Name: "example", Seed: 1, Workers: 1000, Duration: time.Minute, Operations: 1000,
		Schedule: loadgen.Steady(10_000),
		Ops: []loadgen.Op{
			{Name: "put", Weight: 20, Do: func(_ context.Context, w *loadgen.Worker, n uint64) error {
				table.Store(w.Rand.IntN(100), n)
				return nil
			}},
			{Name: "get", Weight: 80, Do: func(_ context.Context, w *loadgen.Worker, _ uint64) error {
				table.Load(w.Rand.IntN(100))
				return nil
			}},
		},
	})
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(result.Operation("get").Count, "gets,", result.Operation("put").Count, "puts,", result.Failed(), "not sent")
	// Output: 812 gets, 188 puts, 0 not sent
}
