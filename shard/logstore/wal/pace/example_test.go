package pace_test

import (
	"fmt"
	"time"

	"roster/shard/logstore/wal/pace"
)

func Example() {
	var p pace.Pace
	now := time.Unix(0, 0)
	p.Synced(now, 300*time.Microsecond, 1)
	fmt.Println("alone:", p.Wait(now))
	p.Synced(now, 300*time.Microsecond, 4)
	fmt.Println("with others:", p.Wait(now))
	p.Synced(now, 40*time.Millisecond, 4)
	fmt.Println("on a slow disk:", p.Wait(now))
	fmt.Println("a moment later:", p.Wait(now.Add(10*time.Millisecond)))
	// Output:
	// alone: 0s
	// with others: 300µs
	// on a slow disk: 1ms
	// a moment later: 0s
}
