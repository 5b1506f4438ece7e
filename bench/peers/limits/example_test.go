package limits_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"roster/bench/peers/limits"
)

// Measure needs a directory on the disk in question.
func Example() {
	dir, err := os.MkdirTemp("", "limits-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	l, err := limits.Measure(context.Background(), dir, 1000, time.Millisecond)
	fmt.Println(l.SyncP50 > 0, l.SyncP99 >= l.SyncP50, l.MapRead > 0, err)
	// Output: true true true <nil>
}
